//! Settings: `config.default.toml` compiled in, a file over it, environment variables over both.

mod checks;
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
