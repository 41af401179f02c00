//! Metrics for Prometheus, on an address of their own: what a program counts is nobody's business
//! on its public port.

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::MetricsConfig;
use crate::database::Database;

/// The text form of `OpenMetrics`, which Prometheus reads.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds that requests, jobs and deliveries may take, from a millisecond to five minutes.
#[must_use]
pub fn seconds() -> Histogram {
    Histogram::new([
        0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
    ])
}

/// Adds what the connections to the database are doing now to a registry made for one answer.
pub fn add_connections(registry: &mut Registry, db: &Database) {
    let connections = db.connections();
    let gauge = |value: u32| {
        let gauge = Gauge::<i64>::default();
        gauge.set(i64::from(value));
        gauge
    };
    let database = registry.sub_registry_with_prefix("database");
    let about = "Connections of the pool that writes, and reads for jobs";
    database.register("connections", about, gauge(connections.open));
    let about = "Of these, how many are idle";
    database.register("connections_idle", about, gauge(connections.idle));
    let about = "Requests that may read the graph at once besides those that do";
    database.register("reads_free", about, gauge(connections.reads_free));
}

/// The registry as text.
///
/// # Errors
/// Never: it is written into memory.
pub fn written(registry: &Registry) -> anyhow::Result<String> {
    let mut text = String::new();
    encode(&mut text, registry)?;
    Ok(text)
}

/// Serves what `render` makes under `/metrics` until `stop`, where the settings say so.
///
/// # Errors
/// An address that cannot be listened on.
pub async fn start<R>(
    config: &MetricsConfig,
    render: impl Fn() -> R + Clone + Send + Sync + 'static,
    stop: CancellationToken,
) -> anyhow::Result<()>
where
    R: Future<Output = anyhow::Result<String>> + Send + 'static,
{
    let Some(address) = config.address() else {
        return Ok(());
    };
    let listener = listen(address).await?;
    let address = listener.local_addr()?;
    tracing::info!("metrics are at http://{address}/metrics");
    let answer = move || {
        let rendered = render();
        async { respond(rendered.await) }
    };
    let router = Router::new().route("/metrics", get(answer));
    tokio::spawn(async move {
        let serving = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = serving.await {
            tracing::warn!(%error, "metrics are no longer served");
        }
    });
    Ok(())
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("{address} cannot be listened on; choose another with the setting metrics.listen")
    })
}

fn respond(rendered: anyhow::Result<String>) -> Response {
    match rendered {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => {
            tracing::warn!("metrics cannot be told: {error:#}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
