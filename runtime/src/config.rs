//! Settings: `config.default.toml` compiled in, a file over it, environment variables over both.

mod http;
mod mail;
mod running;
#[cfg(test)]
mod tests;

use std::path::Path;

use chrono::{DateTime, NaiveDateTime, TimeZone as _};
use chrono_tz::Europe::London;
use serde::Deserialize;

pub use http::{
    DocumentsConfig, DocumentsMode, HttpConfig, LimitsConfig, LiveConfig, SignInConfig,
};
pub use mail::MailConfig;
pub use running::{
    ClockConfig, DatabaseConfig, LogConfig, LogFormat, MetricsConfig, RedisConfig, TracesConfig,
    WorkerConfig,
};

use crate::clock::Clock;

/// Shortest token that nobody guesses, in characters.
const SHORTEST_TOKEN: usize = 24;

/// The documented defaults.
pub const DEFAULTS: &str = include_str!("../../config.default.toml");

/// All settings; `config.default.toml` explains each.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where rows live.
    pub database: DatabaseConfig,
    /// How processes wake each other.
    pub redis: RedisConfig,
    /// How the api is reached.
    pub http: HttpConfig,
    /// How people sign in.
    pub sign_in: SignInConfig,
    /// Which documents are answered.
    pub documents: DocumentsConfig,
    /// How much each caller may ask for.
    pub limits: LimitsConfig,
    /// How changes are told as they happen.
    pub live: LiveConfig,
    /// How mail leaves.
    pub mail: MailConfig,
    /// How the worker works.
    pub worker: WorkerConfig,
    /// What is logged.
    pub log: LogConfig,
    /// What is counted.
    pub metrics: MetricsConfig,
    /// What is traced.
    pub traces: TracesConfig,
    /// The demonstration clock.
    pub clock: ClockConfig,
}

// The library's error is its own cause as well; said once is enough.
impl From<config::ConfigError> for ConfigError {
    fn from(error: config::ConfigError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// A setting that cannot be used, in a sentence that names it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file or variable could not be read as settings.
    #[error("the settings cannot be read: {0}")]
    Unreadable(String),
    /// A setting has a value that cannot be used.
    #[error("the setting {name} cannot be used: {problem}")]
    Unusable {
        /// Dotted name, as in `database.url`.
        name: &'static str,
        /// What is wrong, without repeating a secret.
        problem: String,
    },
    /// A setting of a sign-in service has a value that cannot be used.
    #[error("the setting sign_in.issuers.{key}.{setting} cannot be used: {problem}")]
    UnusableIssuer {
        /// Key of the service.
        key: String,
        /// The setting.
        setting: &'static str,
        /// What is wrong, without repeating a secret.
        problem: String,
    },
}

impl Config {
    /// Reads the defaults, then `file` if given, then the environment.
    ///
    /// # Errors
    /// A file that is missing or no TOML, an unknown setting, or a value that cannot be used.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::layered(file, None)
    }

    /// As [`Config::load`], with `environment` in place of the process's own when given.
    fn layered(
        file: Option<&Path>,
        environment: Option<std::collections::HashMap<String, String>>,
    ) -> Result<Self, ConfigError> {
        let mut layers = config::Config::builder()
            .add_source(config::File::from_str(DEFAULTS, config::FileFormat::Toml));
        if let Some(file) = file {
            layers = layers.add_source(
                config::File::from(file).format(config::FileFormat::Toml).required(true),
            );
        }
        let variable = |name: &str| match &environment {
            Some(variables) => variables.get(name).cloned(),
            None => std::env::var(name).ok(),
        };
        layers = layers
            .set_override_option("database.url", variable("DATABASE_URL"))?
            .set_override_option("redis.url", variable("REDIS_URL"))?
            .set_override_option("mail.smtp_url", variable("SMTP_URL"))?
            .add_source(
                config::Environment::with_prefix("HUBS")
                    .prefix_separator("__")
                    .separator("__")
                    .source(environment),
            );
        let config: Self = layers.build()?.try_deserialize()?;
        config.check()?;
        Ok(config)
    }

    /// Refuses values that parse and yet cannot work.
    fn check(&self) -> Result<(), ConfigError> {
        let unusable =
            |name, problem: &str| Err(ConfigError::Unusable { name, problem: problem.to_owned() });
        let url = &self.database.url;
        if !(url.starts_with("sqlite://")
            || url.starts_with("postgres://")
            || url.starts_with("postgresql://"))
        {
            return unusable(
                "database.url (DATABASE_URL)",
                "it must start with sqlite:// or postgres://",
            );
        }
        if self.database.max_connections == 0 {
            return unusable("database.max_connections", "it must be at least 1");
        }
        if !self.redis.url.is_empty() && !self.redis.url.starts_with("redis") {
            return unusable(
                "redis.url (REDIS_URL)",
                "it must start with redis:// or rediss://, or be empty",
            );
        }
        if !self.http.public_url.starts_with("http") || self.http.public_url.ends_with('/') {
            return unusable("http.public_url", "it must start with http and end without a slash");
        }
        if !self.http.has_usable_front_end() {
            return unusable(
                "http.front_end_url",
                "it must start with http:// or https:// and hold no blanks, or be empty",
            );
        }
        let documents = &self.documents;
        if documents.mode == DocumentsMode::TrustedOnly && documents.manifest.as_os_str().is_empty()
        {
            return unusable(
                "documents.manifest",
                "with documents.mode \"trusted-only\" it must name a file",
            );
        }
        for (key, issuer) in &self.sign_in.issuers {
            issuer.check(key)?;
        }
        if let Some(wrong) = self.live.origins().find(|origin| !http::is_origin(origin)) {
            let problem = format!(
                "\"{wrong}\" is no web address such as https://app.example: small letters, and no \
                 slash or path after the host"
            );
            return unusable("live.origins", &problem);
        }
        self.check_at_least_one()?;
        if !(1..=60).contains(&self.worker.beat_seconds) {
            return unusable("worker.beat_seconds", "it must be between 1 and 60");
        }
        if self.worker.lease_seconds < 10 {
            return unusable("worker.lease_seconds", "it must be at least 10");
        }
        self.mail.check()?;
        if (1..SHORTEST_TOKEN).contains(&self.mail.feedback_token.len()) {
            return unusable(
                "mail.feedback_token",
                "it must be empty or of at least 24 characters",
            );
        }
        if !self.metrics.listen.is_empty() && self.metrics.address().is_none() {
            let problem = "it must be an address such as 127.0.0.1:9464, or be empty";
            return unusable("metrics.listen", problem);
        }
        let collector = &self.traces.otlp_endpoint;
        if !collector.is_empty() && !collector.starts_with("http") {
            let problem = "it must start with http:// or https://, or be empty";
            return unusable("traces.otlp_endpoint", problem);
        }
        if !(0.0..=1.0).contains(&self.traces.share) {
            return unusable("traces.share", "it must be between 0 and 1");
        }
        // A hand-over renews the lease once, before the body; the answer to that must fit in it.
        if !(1..self.worker.lease_seconds / 2).contains(&self.mail.smtp_timeout_seconds) {
            return unusable(
                "mail.smtp_timeout_seconds",
                "it must be at least 1 and less than half of worker.lease_seconds",
            );
        }
        self.clock().map(|_| ())
    }

    /// Refuses requests and live updates that could not be had or never end.
    fn check_at_least_one(&self) -> Result<(), ConfigError> {
        let (http, live) = (&self.http, &self.live);
        let at_least_one = [
            ("http.timeout_seconds", http.timeout_seconds),
            ("http.head_seconds", http.head_seconds),
            ("http.write_seconds", http.write_seconds),
            ("http.stop_seconds", http.stop_seconds),
            ("http.connections", u64::from(http.connections)),
            ("sign_in.idle_minutes", u64::from(self.sign_in.idle_minutes)),
            ("sign_in.longest_hours", u64::from(self.sign_in.longest_hours)),
            ("limits.points_per_second", u64::from(self.limits.points_per_second)),
            ("live.messages_per_second", u64::from(live.messages_per_second)),
            ("live.connections", u64::from(live.connections)),
            ("live.connections_per_person", u64::from(live.connections_per_person)),
            ("live.operations_per_connection", live.operations_per_connection as u64),
            ("live.init_seconds", live.init_seconds),
            ("live.look_seconds", live.look_seconds),
            ("worker.stop_seconds", self.worker.stop_seconds),
        ];
        for (name, value) in at_least_one {
            if value == 0 {
                let problem = "it must be at least 1".to_owned();
                return Err(ConfigError::Unusable { name, problem });
            }
        }
        if live.idle_seconds < 3 {
            let problem = "it must be at least 3".to_owned();
            return Err(ConfigError::Unusable { name: "live.idle_seconds", problem });
        }
        Ok(())
    }

    /// The clock these settings ask for.
    ///
    /// # Errors
    /// A `clock.starts_at` that is no London time.
    pub fn clock(&self) -> Result<Clock, ConfigError> {
        let text = &self.clock.starts_at;
        if text.is_empty() {
            return Ok(Clock::machine());
        }
        let unusable = |problem: &str| ConfigError::Unusable {
            name: "clock.starts_at",
            problem: format!("\"{text}\" {problem}"),
        };
        let start = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S")
            .map_err(|_| unusable("is not of the form 2026-10-05T07:58:00"))?;
        let start = London
            .from_local_datetime(&start)
            .earliest()
            .ok_or_else(|| unusable("falls into the hour that the spring clock change skips"))?;
        let anchor = DateTime::from_timestamp_millis(self.clock.anchor_unix_ms)
            .filter(|anchor| anchor.timestamp() > 0)
            .ok_or_else(|| ConfigError::Unusable {
                name: "clock.anchor_unix_ms",
                problem: "it must be given together with clock.starts_at".to_owned(),
            })?;
        Ok(Clock::started_at(start.to_utc(), anchor))
    }
}
