//! Traces over OTLP: the spans of requests, plans, statements, mutations, jobs and deliveries, to
//! wherever the settings say. A request that names a trace (W3C Trace Context) goes on with it.
//!
//! Spans carry ids, names of routes, mutations, jobs and mail servers, outcomes and counts, and nothing
//! about people; what is logged within them stays in the log. The finer ones are of the level `DEBUG`,
//! so that they cost nothing where no traces are sent.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use anyhow::Context as _;
use axum::http::HeaderMap;
use opentelemetry::KeyValue;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HeaderExtractor, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::{Level, Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::config::TracesConfig;

/// Longest wait for whoever collects the traces.
const PATIENCE: Duration = Duration::from_secs(5);
/// Whose spans are sent: those of libraries tell nobody anything, and sending makes some.
const OURS: [&str; 4] = ["api", "entity", "runtime", "worker"];

/// What sends the spans; at the end, those that are left.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Gets ready to send, if the settings say where to; `program` is its name among others.
    ///
    /// # Errors
    /// An address that cannot be used.
    pub fn open(config: &TracesConfig, program: &'static str) -> anyhow::Result<Option<Self>> {
        if config.otlp_endpoint.is_empty() {
            return Ok(None);
        }
        let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{}/v1/traces", config.otlp_endpoint.trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .with_http_client(Client { client, runtime: Handle::current() })
            .build()
            .context("the setting traces.otlp_endpoint cannot be used")?;
        let resource = Resource::builder_empty()
            .with_attribute(KeyValue::new("service.name", "hubs"))
            .with_attribute(KeyValue::new("service.component", program))
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.share)));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(resource)
            .build();
        Ok(Some(Self(provider)))
    }

    /// What takes the spans from where they are made.
    #[must_use]
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let is_ours = |of: &Metadata<'_>| {
            let package = of.target().split("::").next().unwrap_or_default();
            of.is_span() && *of.level() <= Level::DEBUG && OURS.contains(&package)
        };
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("hubs"))
            .with_location(false)
            .with_threads(false)
            .with_filter(filter_fn(is_ours))
    }

    /// Sends what is left, as far as somebody takes it in time.
    pub async fn end(self) {
        let ending = move || self.0.shutdown_with_timeout(PATIENCE);
        if let Ok(Err(error)) = tokio::task::spawn_blocking(ending).await {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Lets the span of a request go on with the trace that its headers name, if they name one and traces
/// are sent. Whoever began the trace decides whether it is.
pub fn go_on(span: &Span, headers: &HeaderMap) {
    if headers.contains_key("traceparent") {
        let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
        // There is no layer where no traces are sent.
        let _ = span.set_parent(parent);
    }
}

/// Our own HTTP client. The library asks it from a thread of its own, and it works in the program's.
struct Client {
    client: reqwest::Client,
    runtime: Handle,
}

impl fmt::Debug for Client {
    /// Nothing of where it sends to: the address may hold a key.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Client")
    }
}

impl HttpClient for Client {
    fn send_bytes<'life0, 'async_trait>(
        &'life0 self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move {
            let request = reqwest::Request::try_from(request)?;
            let answer = client.execute(request).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let mut response = Response::new(answer.bytes().await?);
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(response)
        });
        Box::pin(async move { sending.await? })
    }
}
