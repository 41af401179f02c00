//! The gate: nothing passes that is not a valid document of the schema with valid variables.

mod literals;
mod plain;
mod tokens;
mod unvalued;
mod values;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use apollo_compiler::collections::HashMap;
use apollo_compiler::executable::Operation;
use apollo_compiler::parser::Parser;
use apollo_compiler::response::{GraphQLError, JsonMap};
use apollo_compiler::schema::Implementers;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Name, Node, Schema, introspection};

pub(crate) use self::plain::plain;
use super::cache::Cache;
use super::code::Code;
use super::size;

/// Documents remembered, in bytes of memory, about.
const CACHED: usize = 16_000_000;
/// Deepest nesting of selections and values as they are written.
const MAX_DEPTH: usize = 64;
/// Most tokens of a document.
const MAX_TOKENS: usize = 10_000;
/// Most errors told at once.
const MAX_ERRORS: usize = 20;

/// The schema as clients see it.
#[derive(Debug)]
pub struct Gate {
    schema: Valid<Schema>,
    implementers: HashMap<Name, Implementers>,
    documents: Cache<Box<str>, Arc<Document>>,
}

/// A valid document.
#[derive(Debug)]
pub struct Document {
    /// Which one: no other document has this number, as long as the process lives.
    pub number: u64,
    /// The document.
    pub parsed: Valid<ExecutableDocument>,
}

/// A request that passed.
#[derive(Debug)]
pub struct Checked {
    /// The document.
    pub document: Arc<Document>,
    /// The operation asked for.
    pub operation: Node<Operation>,
    /// The variables, defaults filled in.
    pub variables: Valid<JsonMap>,
}

/// Errors that keep a request from being executed.
pub type Refused = Vec<GraphQLError>;

impl Gate {
    /// A gate for the schema written as SDL.
    ///
    /// # Errors
    /// The SDL is not valid.
    pub fn new(sdl: &str) -> Result<Self, String> {
        let schema = Schema::builder()
            .ignore_builtin_redefinitions()
            .parse(sdl, "schema.graphql")
            .build()
            .map_err(|error| error.to_string())?
            .validate()
            .map_err(|error| error.to_string())?;
        let implementers = schema.implementers_map();
        Ok(Self { schema, implementers, documents: Cache::holding(CACHED) })
    }

    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &Valid<Schema> {
        &self.schema
    }

    /// Parses, validates and coerces.
    ///
    /// # Errors
    /// What is wrong, with places in the document.
    pub fn check(
        &self,
        query: &str,
        operation: Option<&str>,
        variables: &JsonMap,
    ) -> Result<Checked, Refused> {
        size::check_variables(variables)?;
        let document = match self.documents.get(query) {
            Some(document) => document,
            None => self.read(query)?,
        };
        let parsed = &document.parsed;
        let refuse = |code: Code, error: &apollo_compiler::request::RequestError| {
            code.of(vec![error.to_graphql_error(&parsed.sources)])
        };
        let operation = parsed.operations.get(operation);
        let operation = operation.map_err(|error| refuse(Code::OperationNotFound, &error))?.clone();
        introspection::check_max_depth(parsed, &operation)
            .map_err(|error| refuse(Code::TooComplex, &error))?;
        let variables = values::variables(&self.schema, &operation, variables);
        let variables = variables.map_err(|(problem, place)| {
            Code::BadUserInput.of(vec![GraphQLError::new(problem, place, &parsed.sources)])
        })?;
        let variables = Valid::assume_valid(variables);
        Ok(Checked { document, operation, variables })
    }

    /// Parses and validates a document, and remembers it if it is valid.
    fn read(&self, query: &str) -> Result<Arc<Document>, Refused> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let mut parser = Parser::new().recursion_limit(MAX_DEPTH).token_limit(MAX_TOKENS);
        let parsed = parser
            .parse_executable(&self.schema, &*plain(query), "document")
            .map_err(|found| unparsed(&parser, &found.errors))?
            .validate(&self.schema)
            .map_err(|found| Code::GraphqlValidationFailed.of(told(&found.errors)))?;
        if let Some(name) = unvalued::unvalued(query) {
            let message = format!("syntax error: \"{name}\" has no value: write \"{name}: …\"");
            let error = GraphQLError::new(message, None, &parsed.sources);
            return Err(Code::GraphqlParseFailed.of(vec![error]));
        }
        literals::look(&self.schema, &parsed).map_err(|(problem, place)| {
            let error = GraphQLError::new(problem, place, &parsed.sources);
            Code::GraphqlValidationFailed.of(vec![error])
        })?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let document = Arc::new(Document { number, parsed });
        // A parsed document takes up about so many times as much as its text.
        self.documents.keep(query.into(), Arc::clone(&document), query.len() * 50 + 2_000);
        Ok(document)
    }

    /// Answers the introspection fields of a checked query, by response key.
    ///
    /// # Errors
    /// As the specification has it.
    pub fn introspect(&self, checked: &Checked) -> Result<JsonMap, Refused> {
        let answer = introspection::partial_execute(
            &self.schema,
            &self.implementers,
            &checked.document.parsed,
            &checked.operation,
            &checked.variables,
        )
        .map_err(|error| vec![error.to_graphql_error(&checked.document.parsed.sources)])?;
        Ok(answer.data.unwrap_or_default())
    }
}

/// Why a document could not be parsed as one of the schema. The library finds some of what breaks
/// the rules of validation on its way.
fn unparsed(parser: &Parser, errors: &DiagnosticList) -> Refused {
    let told = told(errors);
    if parser.recursion_reached() > MAX_DEPTH || parser.tokens_reached() > MAX_TOKENS {
        return Code::TooComplex.of(told);
    }
    // What it has no name for is its syntax.
    let parsed = errors.iter().all(|error| error.error.unstable_error_name().is_some());
    let code = if parsed { Code::GraphqlValidationFailed } else { Code::GraphqlParseFailed };
    code.of(told)
}

fn told(errors: &DiagnosticList) -> Refused {
    errors.iter().take(MAX_ERRORS).map(|error| error.unstable_to_json_compat()).collect()
}
