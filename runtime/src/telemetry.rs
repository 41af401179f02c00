//! Logs, to standard error, and traces. No personal data and no secrets go into them: people are
//! named by id.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::config::{Config, LogFormat};
use crate::traces::Traces;

/// What a program tells about itself while it runs.
#[derive(Debug)]
#[must_use = "its end sends what is left to tell"]
pub struct Telemetry(Option<Traces>);

impl Telemetry {
    /// Sends the traces that are left.
    pub async fn end(self) {
        if let Some(traces) = self.0 {
            traces.end().await;
        }
    }
}

/// Starts logging, and sending traces, as the settings say. Call it once, first, in the runtime;
/// `program` is the program's name among others.
///
/// # Errors
/// A filter or an address that cannot be used, or a second call.
pub fn start(config: &Config, program: &'static str) -> anyhow::Result<Telemetry> {
    let log = &config.log;
    let filter = EnvFilter::try_new(&log.filter)
        .with_context(|| format!("the setting log.filter cannot be used: \"{}\"", log.filter))?;
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let traces = Traces::open(&config.traces, program)?;
    let started = tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(traces.as_ref().map(Traces::layer))
        .try_init();
    started.map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))?;
    Ok(Telemetry(traces))
}
