//! What an api counts for Prometheus. Labels are words of the schema and names of routes, never what
//! somebody sent.

use std::sync::LazyLock;
use std::time::Duration;

use apollo_compiler::ast::OperationType;
use axum::http::StatusCode;
use entity::messages::feedback::Taken;
use entity::operations::lanes;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use runtime::metrics::{add_connections, seconds, written};

use crate::app::App;
use crate::read::Begun;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfOperation {
    operation: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfKind {
    operation: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfRoute {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfLane {
    lane: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfReport {
    taken: &'static str,
}

/// What this process counts.
struct Counted {
    operations: Family<OfOperation, Counter>,
    took: Family<OfKind, Histogram, fn() -> Histogram>,
    answers: Family<OfRoute, Counter>,
    reports: Family<OfReport, Counter>,
}

static COUNTED: LazyLock<Counted> = LazyLock::new(|| Counted {
    operations: Family::default(),
    took: Family::new_with_constructor(seconds),
    answers: Family::default(),
    reports: Family::default(),
});

/// Counts a report of a mail service: whether it was new, known before, or of no message of ours.
pub fn reported(taken: Taken) {
    COUNTED.reports.get_or_create(&of_report(taken)).inc();
}

fn of_report(taken: Taken) -> OfReport {
    let taken = match taken {
        Taken::New => "new",
        Taken::Known => "known",
        Taken::Stray => "stray",
    };
    OfReport { taken }
}

/// Counts a GraphQL operation and what it came to; one that could not be read is of no kind.
pub fn asked(kind: Option<OperationType>, begun: &Begun, took: Duration) {
    let operation = match kind {
        Some(OperationType::Query) => "query",
        Some(OperationType::Mutation) => "mutation",
        Some(OperationType::Subscription) => "subscription",
        None => "unknown",
    };
    let outcome = match begun {
        Begun::Subscribed(_) => "subscribed",
        Begun::Answered(answer) if !answer.executed => "refused",
        Begun::Answered(answer) if answer.body.starts_with(b"{\"errors\":") => "errors",
        Begun::Answered(_) => "answered",
    };
    COUNTED.operations.get_or_create(&OfOperation { operation, outcome }).inc();
    COUNTED.took.get_or_create(&OfKind { operation }).observe(took.as_secs_f64());
}

/// Counts an answer over HTTP, by the route and not by the path.
pub fn answered(route: &str, status: StatusCode) {
    let labels = OfRoute { route: route.to_owned(), status: status.as_u16() };
    COUNTED.answers.get_or_create(&labels).inc();
}

/// All of it as text, with what the database says at this moment.
///
/// # Errors
/// The database fails.
pub async fn render(app: App) -> anyhow::Result<String> {
    let now = app.clock.now();
    let held = lanes::held(app.db.reader()).await?;
    let lanes = lanes::waiting(app.db.reader(), now).await?;
    let mut registry = Registry::with_prefix("hubs");
    add_connections(&mut registry, &app.db);

    let graph = registry.sub_registry_with_prefix("graphql");
    graph.register("operations", "GraphQL operations", COUNTED.operations.clone());
    graph.register("seconds", "How long they took to be answered", COUNTED.took.clone());
    let http = registry.sub_registry_with_prefix("http");
    http.register("answers", "Answers over HTTP", COUNTED.answers.clone());

    // Under the names and with the words of the worker's own: both tell what the database says.
    let (waiting, oldest) =
        (Family::<OfLane, Gauge>::default(), Family::<OfLane, Gauge>::default());
    for (lane, found) in lanes {
        let of = OfLane { lane: lane.into() };
        waiting.get_or_create(&of).set(i64::try_from(found.messages).unwrap_or(i64::MAX));
        let since = found.since.map_or(0, |since| (now - since).num_seconds().max(0));
        oldest.get_or_create(&of).set(since);
    }
    let (of_person, oldest_held) =
        (Family::<OfLane, Gauge>::default(), Family::<OfLane, Gauge>::default());
    for (lane, held) in held {
        let of = OfLane { lane: lane.into() };
        of_person.get_or_create(&of).set(i64::try_from(held.messages).unwrap_or(i64::MAX));
        let since = held.since.map_or(0, |since| (now - since).num_seconds().max(0));
        oldest_held.get_or_create(&of).set(since);
    }
    for taken in [Taken::New, Taken::Known, Taken::Stray] {
        drop(COUNTED.reports.get_or_create(&of_report(taken)));
    }
    let mail = registry.sub_registry_with_prefix("mail");
    mail.register("waiting", "Messages whose time has come and that have not gone", waiting);
    mail.register("oldest_waiting_seconds", "How long the first of them has waited", oldest);
    let about = "Messages that wait for a person: nobody knows whether they arrived";
    mail.register("held", about, of_person);
    mail.register("oldest_held_seconds", "How long the first of them has waited", oldest_held);
    let about = "Reports of mail services: new, known before, or of no message of ours";
    mail.register("reports", about, COUNTED.reports.clone());
    written(&registry)
}
