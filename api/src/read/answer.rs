//! From a request to the bytes of its response.

mod acting;
mod reading;

use std::time::Instant;

use apollo_compiler::ast::OperationType;
use apollo_compiler::response::JsonMap;
use chrono::{DateTime, Utc};
use entity::scope::Scope;

use super::bill::{Bill, Charge};
use super::code::Code;
use super::gate::{Checked, Refused};
use super::marks::{self, Meaning};
use super::plan::{Action, Keyed, Subscription};
use super::planner::Planner;
use super::plans::Made;
use super::run::Stopped;
use super::size::Size;
use super::write::Writer;
use super::{cost, size, trusted};
use crate::app::App;
use crate::metrics;
use crate::schema::{self, Graph};
use acting::act;
use reading::read;

/// A GraphQL request.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Request {
    /// The document.
    #[serde(default)]
    pub query: Option<String>,
    /// Which of its operations.
    #[serde(default, rename = "operationName")]
    pub operation_name: Option<String>,
    /// Values of its variables.
    #[serde(default)]
    pub variables: Option<JsonMap>,
    /// What protocols add, such as the hash of a document that the server knows.
    #[serde(default)]
    pub extensions: Option<JsonMap>,
    /// Names a document that the server knows.
    #[serde(default, rename = "documentId")]
    pub document_id: Option<String>,
}

/// A GraphQL response.
#[derive(Debug)]
pub struct Answer {
    /// JSON.
    pub body: Vec<u8>,
    /// Whether it was executed; if not, there is no `data` and nothing happened.
    pub executed: bool,
    /// Why it was not executed, if it was not.
    pub code: Option<Code>,
    /// What it cost whom; nothing for what the program asks by itself.
    pub charge: Option<Charge>,
}

impl Answer {
    /// The answer to a request that was not executed.
    #[must_use]
    pub fn refused(errors: &Refused) -> Self {
        let mut body = b"{\"errors\":".to_vec();
        // Writing into memory cannot fail.
        let _ = serde_json::to_writer(&mut body, errors);
        body.push(b'}');
        Self { body, executed: false, code: Some(Code::first(errors)), charge: None }
    }

    /// The whole response, with what it cost in `extensions.cost`.
    #[must_use]
    pub fn into_body(self) -> Vec<u8> {
        let mut body = self.body;
        if let Some(charge) = &self.charge
            && body.pop_if(|last| *last == b'}').is_some()
        {
            body.extend_from_slice(b",\"extensions\":{\"cost\":");
            // Writing into memory cannot fail.
            let _ = serde_json::to_writer(&mut body, &charge.told());
            body.extend_from_slice(b"}}");
        }
        body
    }

    /// The list of errors of a request that was not executed, as JSON.
    #[must_use]
    pub fn errors(&self) -> &[u8] {
        let list = self.body.strip_prefix(b"{\"errors\":").and_then(|rest| rest.strip_suffix(b"}"));
        list.unwrap_or(b"[]")
    }

    pub(super) fn executed(writer: Writer<'_>) -> Self {
        let mut body = writer.out;
        body.push(b'}');
        if !writer.errors.is_empty() {
            let mut with_errors = b"{\"errors\":".to_vec();
            // Writing into memory cannot fail.
            let _ = serde_json::to_writer(&mut with_errors, &writer.errors);
            with_errors.push(b',');
            // What was written is an object with `data` alone.
            with_errors.extend(body.into_iter().skip(1));
            body = with_errors;
        }
        Self { body, executed: true, code: None, charge: None }
    }
}

/// What a request comes to.
#[derive(Debug)]
pub enum Begun {
    /// One answer.
    Answered(Answer),
    /// Answers for as long as somebody listens.
    Subscribed(Box<Subscription>),
}

/// Answers one request made in `scope` at `now`. Faults of ours are logged and told without
/// detail. Only a query is answered if `read_only`. Nobody would hear the answers of a
/// subscription, so it is refused.
pub async fn answer(
    app: &App,
    scope: &Scope,
    now: DateTime<Utc>,
    request: &Request,
    read_only: bool,
) -> Answer {
    match begin(app, scope, now, request, read_only).await {
        Begun::Answered(answer) => answer,
        Begun::Subscribed(_) => refuse(
            Code::BadRequest,
            "subscribe over a WebSocket with the subprotocol graphql-transport-ws, or send the \
             header \"Accept: text/event-stream\"",
        ),
    }
}

/// As [`answer`], but a subscription is only planned; [`super::watch::Watch`] follows it.
///
/// Whoever asks is charged for it before the database is asked: for the schema they introspect
/// before it is read, for the rest once it is planned, and a little for what is refused.
pub async fn begin(
    app: &App,
    scope: &Scope,
    now: DateTime<Utc>,
    request: &Request,
    read_only: bool,
) -> Begun {
    let (started, mut kind) = (Instant::now(), None);
    let begun = begin_as(app, scope, now, request, read_only, &mut kind).await;
    metrics::asked(kind, &begun, started.elapsed());
    begun
}

/// Begins, and says of what kind the operation is once it is known.
async fn begin_as(
    app: &App,
    scope: &Scope,
    now: DateTime<Utc>,
    request: &Request,
    read_only: bool,
    kind: &mut Option<OperationType>,
) -> Begun {
    let scope = &scope.at(now);
    let graph = match schema::graph() {
        Ok(graph) => graph,
        Err(problem) => return Begun::Answered(refuse(Code::Internal, problem)),
    };
    let mut bill = Bill::new(app, scope, now);
    let planning = tracing::debug_span!("plan");
    let checked = planning.in_scope(|| check(app, graph, scope, request, read_only));
    *kind = checked.as_ref().ok().map(|(checked, _)| checked.operation.operation_type);
    if let Ok((_, size)) = &checked
        && let Err(answer) = bill.charge(cost::of_introspection(size)).await
    {
        return Begun::Answered(answer);
    }
    let planned =
        planning.in_scope(|| checked.and_then(|(checked, _)| plan(graph, scope, now, &checked)));
    drop(planning);
    let points = planned.as_ref().map_or(cost::LEAST, Planned::points);
    if let Err(answer) = bill.charge(points).await {
        return Begun::Answered(answer);
    }
    let mut meaning = Meaning { scope, now, ids: &[] };
    let answer = match planned {
        Ok(Planned::Query(mut made)) => {
            graph.plans.keep(&mut made);
            meaning.ids = &made.ids;
            read(app, &meaning, &made.plan).await
        }
        Ok(Planned::Mutation(actions)) => act(app, graph, &meaning, &actions).await,
        Ok(Planned::Subscription(plan)) => return Begun::Subscribed(plan),
        Err(errors) => Answer::refused(&errors),
    };
    Begun::Answered(Answer { charge: bill.charged, ..answer })
}

/// A request that is ready to be executed.
pub(super) enum Planned {
    Query(Made),
    Mutation(Keyed<Action>),
    Subscription(Box<Subscription>),
}

impl Planned {
    pub(super) fn points(&self) -> u64 {
        match self {
            Self::Query(made) => cost::of_query(&made.plan),
            Self::Mutation(actions) => cost::of_mutation(actions),
            Self::Subscription(plan) => cost::of_subscription(plan),
        }
    }
}

/// Lets through the gate what is valid, small enough, and may be done by this method and token.
fn check(
    app: &App,
    graph: &Graph,
    scope: &Scope,
    request: &Request,
    read_only: bool,
) -> Result<(Checked, Size), Refused> {
    let query = trusted::document(app, request)?;
    let no_variables = JsonMap::new();
    let checked = graph.gate.check(
        query,
        request.operation_name.as_deref(),
        request.variables.as_ref().unwrap_or(&no_variables),
    )?;
    let size = size::measure(&checked)?;
    if checked.operation.operation_type == OperationType::Mutation {
        if read_only {
            return Err(vec![Code::MethodNotAllowed.error("a mutation is sent with POST")]);
        }
        if matches!(scope, Scope::Viewer(viewer) if viewer.only_reads) {
            let message = "this token may only read; a mutation takes one with the scope \"write\"";
            return Err(vec![Code::Forbidden.error(message)]);
        }
    }
    Ok((checked, size))
}

pub(super) fn plan(
    graph: &Graph,
    scope: &Scope,
    now: DateTime<Utc>,
    checked: &Checked,
) -> Result<Planned, Refused> {
    let planner = || {
        let viewer = matches!(scope, Scope::Viewer(_)).then(marks::person);
        Planner::new(schema::map(), &graph.gate, checked, viewer, marks::now())
    };
    Ok(match checked.operation.operation_type {
        OperationType::Query => Planned::Query(graph.plans.of(&graph.gate, checked, scope)?),
        OperationType::Mutation => Planned::Mutation(planner().mutation()?),
        OperationType::Subscription => {
            Planned::Subscription(Box::new(planner().subscription(schema::feeds(), now)?))
        }
    })
}

/// Refuses a request with one message.
pub(super) fn refuse(code: Code, message: &str) -> Answer {
    Answer::refused(&vec![code.error(message)])
}

/// What a client hears of a request that was not read to its end.
pub(super) fn told(stopped: &Stopped) -> (Code, String) {
    match stopped {
        Stopped::TooMany => (Code::TooComplex, stopped.to_string()),
        Stopped::Database(error) => {
            tracing::error!(%error, "a request could not be read");
            let message = "this could not be read; the fault is ours and has been logged";
            (Code::Internal, message.to_owned())
        }
    }
}
