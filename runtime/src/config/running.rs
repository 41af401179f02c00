//! Settings of what every program runs on, and of what it tells whoever runs it.

use std::net::SocketAddr;

use serde::Deserialize;

/// See `[database]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// SQLite or PostgreSQL address. May hold a password: never logged.
    pub url: String,
    /// Most connections to PostgreSQL.
    pub max_connections: u32,
}

/// See `[redis]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisConfig {
    /// Redis address, empty for none. May hold a password: never logged.
    pub url: String,
}

/// See `[worker]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerConfig {
    /// Seconds between heartbeats.
    pub beat_seconds: u64,
    /// Seconds a message may be held.
    pub lease_seconds: u64,
    /// Seconds that what is under way may take when asked to stop.
    pub stop_seconds: u64,
}

/// See `[log]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// Form of a log line.
    pub format: LogFormat,
    /// What is logged.
    pub filter: String,
}

/// Form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

// The library does not say which setting has a word that it does not know.
impl TryFrom<String> for LogFormat {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("log.format is \"text\" or \"json\", not \"{word}\"")),
        }
    }
}

/// See `[metrics]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// Address to listen on, empty for none.
    pub listen: String,
}

impl MetricsConfig {
    /// Where metrics are served, if they are; [`Config::load`] sees that it is an address.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.listen.parse().ok()
    }
}

/// See `[traces]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TracesConfig {
    /// Whom spans are sent to, empty for nobody. May hold a key: never logged.
    pub otlp_endpoint: String,
    /// The part of all traces that is sent, from 0 to 1.
    pub share: f64,
}

/// See `[clock]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockConfig {
    /// London time, empty for the real time.
    pub starts_at: String,
    /// Milliseconds since 1970.
    pub anchor_unix_ms: i64,
}
