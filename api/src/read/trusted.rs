//! Trusted documents: instead of sending a document, a client names one that the server knows, by
//! its hash. `api trust-documents` makes the manifest of them; where settings say so, nothing else
//! is answered, and so neither what introspects nor what tells of the schema by being refused.

use std::collections::HashMap;
use std::path::Path;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::Operation;
use apollo_compiler::response::{JsonMap, JsonValue};
use runtime::config::{DocumentsConfig, DocumentsMode};
use sha2::{Digest as _, Sha256};

use super::Request;
use super::code::Code;
use super::gate::Refused;
use crate::app::App;
use crate::schema::Graph;

/// What comes before the hash in the `documentId` of a request.
const ALGORITHM: &str = "sha256:";

/// The documents that the server knows.
#[derive(Debug, Default)]
pub struct Documents {
    by_hash: HashMap<String, String>,
    only: bool,
}

impl Documents {
    /// Reads the manifest that settings name.
    ///
    /// # Errors
    /// A sentence that names the setting, the file, and the document if it is about one: a file
    /// that cannot be read, a document under the hash of another, or one that introspects where
    /// only trusted documents are answered.
    pub fn open(config: &DocumentsConfig, graph: &Graph) -> Result<Self, String> {
        let only = config.mode == DocumentsMode::TrustedOnly;
        if config.manifest.as_os_str().is_empty() {
            return Ok(Self { by_hash: HashMap::new(), only });
        }
        let by_hash = read(&config.manifest, graph, only).map_err(|problem| {
            let file = config.manifest.display();
            format!("the setting documents.manifest cannot be used: {file} {problem}")
        })?;
        tracing::info!(documents = by_hash.len(), only, "trusted documents are known");
        Ok(Self { by_hash, only })
    }

    /// The text that a request asks to execute: the document it names, or the one it carries.
    ///
    /// # Errors
    /// No such document, or two different ones; or none is named where only those are answered.
    pub fn resolve<'a>(&'a self, request: &'a Request) -> Result<&'a str, Refused> {
        let named = named(request).map_err(|message| vec![Code::BadRequest.error(message)])?;
        let sent = request.query.as_deref();
        let Some(named) = named else {
            return match sent {
                _ if self.only => Err(not_trusted()),
                Some(query) => Ok(query),
                None => Err(vec![Code::BadRequest.error("there is no \"query\" in the request")]),
            };
        };
        // graphql-ws sends no message without a document: an empty one stands for none.
        match (self.by_hash.get(named), sent.filter(|sent| !sent.is_empty())) {
            (None, _) if self.only => Err(not_trusted()),
            // Clients that try the hash alone first look for these very words.
            (None, None) => Err(vec![Code::PersistedQueryNotFound.error("PersistedQueryNotFound")]),
            (Some(document), None) => Ok(document),
            (_, Some(query)) if hash(query) == named => Ok(query),
            (_, Some(_)) => {
                let message = "\"query\" is not the document that the request names by its hash: \
                               send one of the two";
                Err(vec![Code::BadRequest.error(message)])
            }
        }
    }
}

/// The document of a request: see [`Documents::resolve`].
///
/// # Errors
/// As [`Documents::resolve`].
pub fn document<'a>(app: &'a App, request: &'a Request) -> Result<&'a str, Refused> {
    app.documents.resolve(request)
}

/// SHA-256 of a document's bytes, hexadecimal: its name in the manifest.
#[must_use]
pub fn hash(document: &str) -> String {
    format!("{:x}", Sha256::digest(document.as_bytes()))
}

/// Whether an operation asks for the schema itself.
#[must_use]
pub fn introspects(document: &ExecutableDocument, operation: &Operation) -> bool {
    operation.root_fields(document).any(|field| field.name == "__schema" || field.name == "__type")
}

fn not_trusted() -> Refused {
    let message = "only documents of the manifest are answered: name one of them by its hash, as \
                   \"documentId\" or as \"extensions.persistedQuery.sha256Hash\"";
    vec![Code::DocumentNotTrusted.error(message)]
}

/// The hash by which a request names its document, in one of the two ways or in both.
fn named(request: &Request) -> Result<Option<&str>, &'static str> {
    let id = request.document_id.as_deref();
    // Another kind of id is one that we do not know.
    let id = id.map(|id| id.strip_prefix(ALGORITHM).unwrap_or(id));
    let persisted = request.extensions.as_ref().and_then(|all| all.get("persistedQuery"));
    match (id, persisted.map(persisted_hash).transpose()?) {
        (Some(id), Some(hash)) if id != hash => Err("\"documentId\" and \
             \"extensions.persistedQuery.sha256Hash\" name two different documents"),
        (id, hash) => Ok(id.or(hash)),
    }
}

fn persisted_hash(persisted: &JsonValue) -> Result<&str, &'static str> {
    let hash = persisted.as_object().and_then(|it: &JsonMap| it.get("sha256Hash")?.as_str());
    hash.ok_or("\"extensions.persistedQuery.sha256Hash\" is no text")
}

/// Reads a manifest. What is wrong is said as what is said of a file.
fn read(file: &Path, graph: &Graph, only: bool) -> Result<HashMap<String, String>, String> {
    let text = std::fs::read(file).map_err(|error| format!("cannot be read: {error}"))?;
    let by_hash: HashMap<String, String> = serde_json::from_slice(&text)
        .map_err(|error| format!("is no JSON object of hashes and documents: {error}"))?;
    for (name, text) in &by_hash {
        if hash(text) != *name {
            return Err(format!("has a document under the hash of another: {name}"));
        }
        let schema = graph.gate.schema();
        match ExecutableDocument::parse_and_validate(schema, text.as_str(), "document") {
            Ok(document)
                if only && document.operations.iter().any(|it| introspects(&document, it)) =>
            {
                return Err(format!(
                    "has a document that introspects, which is not answered in the mode \
                     \"trusted-only\" of the setting documents.mode: {name}"
                ));
            }
            Ok(_) => {}
            // A client of yesterday is no reason not to serve those of today.
            Err(_) => tracing::warn!(document = name, "a trusted document is not of this schema"),
        }
    }
    Ok(by_hash)
}
