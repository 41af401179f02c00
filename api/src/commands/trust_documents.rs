//! `api trust-documents`: a manifest of the documents of a client, each under its hash.

mod typename;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use apollo_compiler::ast::OperationType;
use apollo_compiler::diagnostic::ToCliReport as _;
use apollo_compiler::executable::{Operation, Selection, SelectionSet};
use apollo_compiler::parser::{Parser, SourceMap, SourceSpan};
use apollo_compiler::validation::DiagnosticList;
use apollo_compiler::{ExecutableDocument, Name, Node};
use runtime::config::LimitsConfig;

use crate::read::code::Code;
use crate::read::gate::plain;
use crate::read::{trial, trusted};
use crate::schema::{self, Graph};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder with the client's `.graphql` files, and folders of them.
    pub folder: PathBuf,
    /// Where the manifest is written; standard output when absent.
    #[arg(long)]
    pub output: Option<PathBuf>,
    /// Write nothing: report faults, and with --output whether that file is up to date.
    #[arg(long)]
    pub check: bool,
    /// Write `__typename` into every selection set below the root of an operation, as Apollo Client
    /// does with what it sends, for a client whose cache needs it.
    #[arg(long)]
    pub add_typename: bool,
}

/// A document before it is read: its file and text.
pub type Source = (PathBuf, String);

/// Runs the command.
///
/// # Errors
/// A file that cannot be read or written, the faults of the documents with file, line and column,
/// or, for `--check`, a manifest that is not up to date. Nothing is written then.
pub fn run(arguments: &Arguments, limits: &LimitsConfig) -> anyhow::Result<()> {
    let graph =
        schema::graph().map_err(|problem| anyhow!("the schema cannot be used: {problem}"))?;
    let sources = sources(&arguments.folder)?;
    let made = manifest(graph, &sources, arguments.add_typename, limits.points);
    let manifest = made.map_err(|faults| {
        anyhow!("the documents have {} fault(s):\n  {}", faults.len(), faults.join("\n  "))
    })?;
    let text = format!("{}\n", serde_json::to_string_pretty(&manifest)?);
    let mut out = std::io::stdout().lock();
    let told = format!("{} document(s) of {} file(s)", manifest.len(), sources.len());
    match (&arguments.output, arguments.check) {
        (Some(file), true) => {
            if std::fs::read_to_string(file).ok().as_ref() != Some(&text) {
                bail!("{} is not up to date: run this without --check", file.display());
            }
            writeln!(out, "{told}: {} is up to date.", file.display())?;
        }
        (None, true) => writeln!(out, "{told} have no faults.")?,
        (Some(file), false) => {
            let name = file.display();
            std::fs::write(file, text).with_context(|| format!("{name} cannot be written"))?;
            writeln!(out, "{told}: written to {name}.")?;
        }
        (None, false) => out.write_all(text.as_bytes())?,
    }
    Ok(())
}

/// The documents of a folder and its folders, in the order of their names.
fn sources(folder: &Path) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let unreadable = || format!("{} cannot be read", folder.display());
        for entry in std::fs::read_dir(&folder).with_context(unreadable)? {
            let path = entry.with_context(unreadable)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "graphql" || it == "gql") {
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("{} cannot be read", path.display()))?;
                sources.push((path, text));
            }
        }
    }
    if sources.is_empty() {
        bail!("there is no .graphql file in {}", folder.display());
    }
    sources.sort();
    Ok(sources)
}

/// The manifest: every operation with the fragments it uses, under its hash. It depends on what the
/// documents mean, not on how they are laid out or divided into files. `__typename` is added below
/// the root if `add_typename`; `points` are all that a caller can have, 0 for no limit.
///
/// # Errors
/// The faults, each with file, line and column: what is not valid, and what would be refused
/// whenever it is asked.
pub fn manifest(
    graph: &Graph,
    sources: &[Source],
    add_typename: bool,
    points: u32,
) -> Result<BTreeMap<String, String>, Vec<String>> {
    let schema = graph.gate.schema();
    let mut errors = DiagnosticList::new(SourceMap::default());
    let mut builder = ExecutableDocument::builder(Some(schema), &mut errors);
    for (path, text) in sources {
        let text = plain(text);
        Parser::new().parse_into_executable_builder(&*text, path, &mut builder);
    }
    let document = builder.build();
    if !errors.is_empty() {
        return Err(told(&errors));
    }
    let document = document.validate(schema).map_err(|found| told(&found.errors))?;
    let mut faults = Vec::new();
    let mut documents = BTreeMap::new();
    for operation in document.operations.iter() {
        let mut alone = alone(&document, operation);
        if add_typename {
            typename::add(schema, &mut alone);
        }
        if let Some(problem) = fault(graph, &alone, operation, points) {
            let place = place(operation.location(), &document.sources);
            faults.push(format!("{place}{problem}"));
        } else {
            let text = alone.to_string();
            documents.insert(trusted::hash(&text), text);
        }
    }
    if faults.is_empty() { Ok(documents) } else { Err(faults) }
}

/// What keeps a valid operation out of a manifest.
fn fault(
    graph: &Graph,
    alone: &ExecutableDocument,
    operation: &Operation,
    points: u32,
) -> Option<String> {
    let Some(name) = &operation.name else {
        return Some("the operation has no name: clients find its hash by it".to_owned());
    };
    if operation.operation_type == OperationType::Query && trusted::introspects(alone, operation) {
        let problem = "introspects, which is not answered where only trusted documents are";
        return Some(format!("the operation {name} {problem}"));
    }
    let errors = trial::refusal(graph, alone, operation, points)?;
    let told: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    let (code, told) = (Code::first(&errors).word(), told.join("; "));
    Some(format!("the operation {name} would be refused: {code}: {told}"))
}

fn told(errors: &DiagnosticList) -> Vec<String> {
    let errors = errors.iter().map(|found| {
        let place = place(found.error.location(), found.sources);
        format!("{place}{}", found.unstable_to_json_compat().message)
    });
    let mut told: Vec<String> = errors.collect();
    // The end of a file is missed by everything that it leaves open.
    told.dedup();
    told
}

/// File, line and column, for what is said of that place.
fn place(span: Option<SourceSpan>, sources: &SourceMap) -> String {
    let place = span.and_then(|span| {
        let file = sources.get(&span.file_id())?.path().display();
        let start = span.line_column(sources)?;
        Some(format!("{file}:{}:{}: ", start.line, start.column))
    });
    place.unwrap_or_default()
}

/// An operation and the fragments it uses, in the order of their names.
fn alone(document: &ExecutableDocument, operation: &Node<Operation>) -> ExecutableDocument {
    let mut used = BTreeSet::new();
    spreads(document, &operation.selection_set, &mut used);
    let mut alone = ExecutableDocument::new();
    alone.operations.insert(operation.clone());
    for name in used {
        if let Some(fragment) = document.fragments.get(&name) {
            alone.fragments.insert(name, fragment.clone());
        }
    }
    alone
}

/// Adds the names of all fragments that a selection uses. The document is valid, so they end.
fn spreads(document: &ExecutableDocument, set: &SelectionSet, used: &mut BTreeSet<Name>) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => spreads(document, &field.selection_set, used),
            Selection::InlineFragment(part) => spreads(document, &part.selection_set, used),
            Selection::FragmentSpread(spread) => {
                if used.insert(spread.fragment_name.clone())
                    && let Some(fragment) = document.fragments.get(&spread.fragment_name)
                {
                    spreads(document, &fragment.selection_set, used);
                }
            }
        }
    }
}
