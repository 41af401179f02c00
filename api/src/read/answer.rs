//! From a request to the bytes of its response.

use std::sync::Arc;
use std::time::Instant;

use apollo_compiler::ast::OperationType;
use apollo_compiler::response::JsonMap;
use chrono::{DateTime, Utc};
use entity::scope::Scope;
use uuid::Uuid;

use super::bill::{Bill, Charge};
use super::code::Code;
use super::gate::{Checked, Refused};
use super::marks::{self, Meaning};
use super::plan::{Action, Keyed, Level, PayloadOut, Plan, RootField, Subscription};
use super::planner::Planner;
use super::plans::Made;
use super::run::{Fetched, Stopped, fetch};
use super::size::Size;
use super::write::{Payload, Writer};
use super::{cost, size, trusted};
use crate::app::App;
use crate::metrics;
use crate::schema::{self, Graph};

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
    let checked = check(app, graph, scope, request, read_only);
    *kind = checked.as_ref().ok().map(|(checked, _)| checked.operation.operation_type);
    if let Ok((_, size)) = &checked
        && let Err(answer) = bill.charge(cost::of_introspection(size)).await
    {
        return Begun::Answered(answer);
    }
    let planned = checked.and_then(|(checked, _)| plan(graph, scope, now, &checked));
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
    let planner = |now| {
        let viewer = matches!(scope, Scope::Viewer(_)).then(marks::person);
        Planner::new(schema::map(), &graph.gate, checked, viewer, now)
    };
    Ok(match checked.operation.operation_type {
        OperationType::Query => Planned::Query(graph.plans.of(&graph.gate, checked, scope)?),
        OperationType::Mutation => Planned::Mutation(planner(marks::now()).mutation()?),
        OperationType::Subscription => {
            Planned::Subscription(Box::new(planner(now).subscription(schema::feeds())?))
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

/// What was fetched for a root field.
enum Found {
    Nothing,
    One(Fetched),
    Several(Vec<Fetched>),
}

async fn read(app: &App, meaning: &Meaning<'_>, plan: &Arc<Plan>) -> Answer {
    let mut writer = Writer::new(meaning.now).of_session(meaning.scope.session());
    let (found, problem) = match fetch_all(app, meaning, plan).await {
        Ok(found) => (found, (Code::Internal, String::new())),
        Err(stopped) => (Vec::new(), told(&stopped)),
    };
    let mut found = found.into_iter();
    // A field of `Query` is nullable or writes null itself, so this object is always whole.
    let _ = writer.object(plan.as_ref(), |writer, _, field| {
        let found = found.next();
        writer.nullable(|writer| match (field, found) {
            (RootField::Typename, _) => {
                writer.text("Query");
                Ok(())
            }
            (RootField::Ready(json), _) => {
                writer.out.extend_from_slice(json);
                Ok(())
            }
            (RootField::Wrong(message), _) => {
                Err(writer.fail_as(Code::BadUserInput, message.as_str()))
            }
            (RootField::Node(None), _) => {
                writer.null();
                Ok(())
            }
            (RootField::Node(Some((id, rows))), Some(Found::One(fetched))) => {
                writer.row_by_id(rows, &fetched, meaning.id(*id));
                Ok(())
            }
            (RootField::Nodes(wanted, rows), Some(Found::Several(fetched))) => {
                let meant = |(id, at): &(Uuid, usize)| (meaning.id(*id), *at);
                let wanted: Vec<_> =
                    wanted.iter().map(|wanted| wanted.as_ref().map(meant)).collect();
                writer.row_list(&wanted, rows, &fetched)
            }
            (RootField::Connection(connection), Some(Found::One(fetched))) => {
                writer.connection(&connection.out, &connection.level, &fetched, Uuid::nil())
            }
            _ => Err(writer.fail_as(problem.0, problem.1.as_str())),
        });
        Ok(())
    });
    Answer::executed(writer)
}

/// What the root fields need fetched.
fn wanted<'p>(plan: &'p Plan, meaning: &Meaning<'_>) -> Vec<(&'p Level, Vec<Uuid>)> {
    let mut wanted = Vec::new();
    for (_, field) in plan {
        match field {
            RootField::Typename
            | RootField::Ready(_)
            | RootField::Wrong(_)
            | RootField::Node(None) => {}
            RootField::Connection(connection) => wanted.push((&connection.level, Vec::new())),
            RootField::Node(Some((id, rows))) => {
                wanted.push((&rows.level, vec![meaning.id(*id)]));
            }
            RootField::Nodes(ids, parts) => {
                for (at, rows) in parts.iter().enumerate() {
                    let of_type = ids.iter().flatten().filter(|(_, of)| *of == at);
                    let mut ids: Vec<Uuid> = of_type.map(|(id, _)| meaning.id(*id)).collect();
                    ids.sort_unstable();
                    ids.dedup();
                    wanted.push((&rows.level, ids));
                }
            }
        }
    }
    wanted
}

/// Fetches what all root fields need, in one snapshot.
async fn fetch_all(
    app: &App,
    meaning: &Meaning<'_>,
    plan: &Arc<Plan>,
) -> Result<Vec<Found>, Stopped> {
    let mut fetched = Vec::new();
    if !wanted(plan, meaning).is_empty() {
        let (scope, now, ids) = (meaning.scope.clone(), meaning.now, meaning.ids.to_vec());
        let plan = Arc::clone(plan);
        let reading = app.db.reads().within(move |mut snapshot| async move {
            let meaning = Meaning { scope: &scope, now, ids: &ids };
            fetch(&mut snapshot, &meaning, wanted(&plan, &meaning)).await
        });
        fetched = reading.await??;
    }
    let mut fetched = fetched.into_iter();
    let found = plan.iter().map(|(_, field)| match field {
        RootField::Connection(_) | RootField::Node(Some(_)) => {
            fetched.next().map_or(Found::Nothing, Found::One)
        }
        RootField::Nodes(_, parts) => Found::Several(fetched.by_ref().take(parts.len()).collect()),
        _ => Found::Nothing,
    });
    Ok(found.collect())
}

/// Does the actions one after another, each answered as it then stands.
async fn act(
    app: &App,
    graph: &Graph,
    meaning: &Meaning<'_>,
    actions: &[(apollo_compiler::Name, Action)],
) -> Answer {
    let mut done = Vec::new();
    for (_, action) in actions {
        if action.name == "__typename" {
            done.push(None);
            continue;
        }
        let outcome = do_one(app, graph, meaning, action).await;
        done.push(Some(outcome));
    }
    let fields: Vec<_> = actions.iter().map(|(key, action)| (key.clone(), action)).collect();
    let mut writer = Writer::new(meaning.now).of_session(meaning.scope.session());
    let mut done = done.into_iter();
    // A field of `Mutation` is nullable, so this object is always whole.
    let _ = writer.object(&fields, |writer, _, action| {
        let outcome = done.next().flatten();
        writer.nullable(|writer| match outcome {
            None => {
                writer.text("Mutation");
                Ok(())
            }
            Some(Ok((payload, fetched))) => writer.payload(&action.out, &payload, &fetched),
            Some(Err((code, message))) => Err(writer.fail_as(code, message)),
        });
        Ok(())
    });
    Answer::executed(writer)
}

/// Does one action and fetches the rows of its payload. An error is a message for the client.
async fn do_one(
    app: &App,
    graph: &Graph,
    meaning: &Meaning<'_>,
    action: &Action,
) -> Result<(Payload, Vec<Fetched>), (Code, String)> {
    let done = graph.mutate(app, meaning.scope, meaning.now, action).await;
    let payload = done.map_err(|undone| (Code::from(&undone), undone.to_string()))?;
    let mut wanted = Vec::new();
    for (_, out) in &action.out {
        if let PayloadOut::Node(name, rows) = out {
            let id = payload.row(name);
            wanted.push((&rows.level, id.into_iter().collect()));
        }
    }
    let reading = async {
        let mut snapshot = app.db.reads().snapshot().await?;
        fetch(&mut snapshot, meaning, wanted).await
    };
    let fetched = reading.await.map_err(|stopped: Stopped| told(&stopped))?;
    Ok((payload, fetched))
}
