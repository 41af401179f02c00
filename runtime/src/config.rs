//! Settings: `config.default.toml` compiled in, a file over it, environment variables over both.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, TimeZone as _};
use chrono_tz::Europe::London;
use serde::Deserialize;

use crate::clock::Clock;
use crate::issuers::{IssuerConfig, Secret};

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

/// See `[http]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// What links start with, without a final slash.
    pub public_url: String,
    /// Longest time for one request, in seconds.
    pub timeout_seconds: u64,
    /// Longest wait for the head of a connection's next request, in seconds.
    pub head_seconds: u64,
    /// Longest wait for a client to take what is sent, in seconds.
    pub write_seconds: u64,
    /// Most connections of this process.
    pub connections: u32,
    /// Reverse proxies of our own in front, each of which adds to `X-Forwarded-For`.
    pub proxies: usize,
    /// Whether GraphiQL is served.
    pub graphiql: bool,
}

impl HttpConfig {
    /// The scheme, host and port that links start with, as browsers name them.
    #[must_use]
    pub fn origin(&self) -> String {
        self.public_url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
    }
}

/// See `[sign_in]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInConfig {
    /// Minutes without a request after which a session ends.
    pub idle_minutes: u32,
    /// Hours after which a session ends in any case.
    pub longest_hours: u32,
    /// The sign-in services that vouch for people, by key.
    pub issuers: BTreeMap<String, IssuerConfig>,
}

/// See `[documents]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentsConfig {
    /// Manifest of trusted documents, empty for none.
    pub manifest: PathBuf,
    /// Whether others are answered as well.
    pub mode: DocumentsMode,
}

/// Which documents are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum DocumentsMode {
    /// Any document of the schema.
    Any,
    /// Those of the manifest, and nothing else.
    TrustedOnly,
}

/// See `[limits]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Points a caller can have; 0 if they are not counted.
    pub points: u32,
    /// Points that come back each second.
    pub points_per_second: u32,
}

/// See `[live]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveConfig {
    /// Most sockets and streams of this process.
    pub connections: u32,
    /// Most sockets and streams of one person.
    pub connections_per_person: u32,
    /// Most operations under way on one socket.
    pub operations_per_connection: usize,
    /// Messages a client may send over a socket each second.
    pub messages_per_second: u32,
    /// Seconds until a new socket must have said who it is.
    pub init_seconds: u64,
    /// Seconds of silence after which a socket is closed.
    pub idle_seconds: u64,
    /// Seconds between looks without a signal.
    pub look_seconds: u64,
    /// Seconds from a change's moment to its commit, at most.
    pub overlap_seconds: u32,
    /// Web addresses whose pages may ask and open sockets, separated by blanks.
    pub origins: String,
}

impl LiveConfig {
    /// The web addresses besides our own whose pages may ask, as browsers name them.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.origins.split_whitespace()
    }
}

/// Whether a browser may name an address so: a scheme and a host in small letters, a port if need
/// be, and nothing after it.
fn is_origin(address: &str) -> bool {
    let host = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_:[]".contains(c);
    host.is_some_and(|host| !host.is_empty() && host.chars().all(plain))
}

/// Shortest token that nobody guesses, in characters.
const SHORTEST_TOKEN: usize = 24;

/// See `[mail]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Mail servers, separated by blanks, empty for none. May hold passwords: never logged.
    pub smtp_url: String,
    /// File with the certificate of a private authority, empty for the public ones.
    pub smtp_ca: PathBuf,
    /// Longest time for each step of a conversation with the mail server, in seconds.
    pub smtp_timeout_seconds: u64,
    /// Conversations at a time.
    pub connections: usize,
    /// Messages a second for each mail server, in the long run.
    pub per_second: f64,
    /// Messages at once for each mail server after a pause.
    pub burst: u32,
    /// Longest time that conversations may take to end once the worker is asked to stop, in seconds.
    pub drain_seconds: u64,
    /// Domain that signs mails (DKIM), empty for none.
    pub dkim_domain: String,
    /// Selector under which the public key is published.
    pub dkim_selector: String,
    /// Private key as PEM, or the file it is in.
    pub dkim_key: Secret,
    /// Return path with `{token}` in it, empty to use the sender's address.
    pub bounce_address: String,
    /// Folder for `.eml` files.
    pub folder: PathBuf,
    /// Sender.
    pub from: String,
    /// Folder of a mailbox where bounces and complaints arrive, empty for none.
    pub bounces_folder: PathBuf,
    /// What a mail service proves itself with that reports them; empty for none. Never logged.
    pub feedback_token: String,
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

impl TryFrom<String> for DocumentsMode {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "any" => Ok(Self::Any),
            "trusted-only" => Ok(Self::TrustedOnly),
            _ => Err(format!("documents.mode is \"any\" or \"trusted-only\", not \"{word}\"")),
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
        if let Some(wrong) = self.live.origins().find(|origin| !is_origin(origin)) {
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

#[cfg(test)]
mod tests;
