//! What an api counts for Prometheus. Labels are words of the schema and names of routes, never what
//! somebody sent.

use std::sync::LazyLock;
use std::time::Duration;

use apollo_compiler::ast::OperationType;
use axum::http::StatusCode;
use entity::messages::health::backlog;
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

/// What this process counts.
struct Counted {
    operations: Family<OfOperation, Counter>,
    took: Family<OfKind, Histogram, fn() -> Histogram>,
    answers: Family<OfRoute, Counter>,
}

static COUNTED: LazyLock<Counted> = LazyLock::new(|| Counted {
    operations: Family::default(),
    took: Family::new_with_constructor(seconds),
    answers: Family::default(),
});

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
    let backlog = backlog(app.db.reader(), now).await?;
    let mut registry = Registry::with_prefix("hubs");
    add_connections(&mut registry, &app.db);

    let graph = registry.sub_registry_with_prefix("graphql");
    graph.register("operations", "GraphQL operations", COUNTED.operations.clone());
    graph.register("seconds", "How long they took to be answered", COUNTED.took.clone());
    let http = registry.sub_registry_with_prefix("http");
    http.register("answers", "Answers over HTTP", COUNTED.answers.clone());

    let (waiting, oldest) = (Gauge::<i64>::default(), Gauge::<i64>::default());
    waiting.set(i64::try_from(backlog.waiting).unwrap_or(i64::MAX));
    oldest.set(backlog.since.map_or(0, |since| (now - since).num_seconds().max(0)));
    let mail = registry.sub_registry_with_prefix("mail");
    mail.register("backlog", "Messages whose time has come and that have not gone", waiting);
    mail.register("backlog_oldest_seconds", "How long the first of them has waited", oldest);
    written(&registry)
}
