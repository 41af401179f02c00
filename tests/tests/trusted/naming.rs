//! What the names in a request come to.

use api::read::Request;
use api::read::code::Code;
use api::read::trusted::{Documents, hash};
use api::schema;
use runtime::config::{DocumentsConfig, DocumentsMode};
use serde_json::json;

const QUERY: &str = "query Me { viewer { name } }";

/// A manifest of [`QUERY`] alone.
fn documents(only: bool) -> Documents {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = folder.path().join("manifest.json");
    std::fs::write(&manifest, json!({ hash(QUERY): QUERY }).to_string()).expect("a file");
    let mode = if only { DocumentsMode::TrustedOnly } else { DocumentsMode::Any };
    let graph = schema::graph().expect("the schema");
    Documents::open(&DocumentsConfig { manifest, mode }, graph).expect("a manifest")
}

/// What a request comes to: the document, or the code it is refused with.
fn outcome(only: bool, request: serde_json::Value) -> Result<String, Code> {
    let request: Request = serde_json::from_value(request).expect("a request");
    let documents = documents(only);
    let resolved = documents.resolve(&request).map(str::to_owned);
    resolved.map_err(|errors| Code::first(&errors))
}

#[test]
fn a_document_is_named_by_its_hash_in_either_way_and_in_either_mode() {
    let hash = hash(QUERY);
    let id = format!("sha256:{hash}");
    let persisted = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    for only in [false, true] {
        for request in [
            json!({ "documentId": id }),
            json!({ "extensions": persisted }),
            json!({ "documentId": id, "extensions": persisted }),
            json!({ "documentId": id, "query": QUERY }),
            json!({ "documentId": id, "query": "" }),
        ] {
            assert_eq!(outcome(only, request.clone()), Ok(QUERY.to_owned()), "{request}");
        }
    }
}

#[test]
fn everything_else_is_refused_where_only_trusted_documents_are_answered() {
    let (other, unknown) = ("{ __schema { queryType { name } } }", "0".repeat(64));
    for (request, any) in [
        (json!({ "query": other }), Ok(other.to_owned())),
        (json!({ "query": QUERY }), Ok(QUERY.to_owned())),
        (json!({ "query": "no GraphQL" }), Ok("no GraphQL".to_owned())),
        (json!({}), Err(Code::BadRequest)),
        (json!({ "documentId": unknown }), Err(Code::PersistedQueryNotFound)),
        (json!({ "documentId": "md5:0" }), Err(Code::PersistedQueryNotFound)),
        (
            json!({ "extensions": { "persistedQuery": { "sha256Hash": hash(other) } }, "query": other }),
            Ok(other.to_owned()),
        ),
    ] {
        assert_eq!(outcome(true, request.clone()), Err(Code::DocumentNotTrusted), "{request}");
        assert_eq!(outcome(false, request.clone()), any, "{request}");
    }
}

#[test]
fn a_request_that_contradicts_itself_is_refused_in_either_mode() {
    let id = format!("sha256:{}", hash(QUERY));
    for only in [false, true] {
        for request in [
            json!({ "documentId": id, "query": "{ viewer { id } }" }),
            json!({ "documentId": id, "extensions": { "persistedQuery": { "sha256Hash": "0" } } }),
            json!({ "extensions": { "persistedQuery": { "sha256Hash": 5 } } }),
            json!({ "extensions": { "persistedQuery": "hash" } }),
        ] {
            assert_eq!(outcome(only, request.clone()), Err(Code::BadRequest), "{request}");
        }
    }
}
