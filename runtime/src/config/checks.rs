//! What settings can be used, alone and together.

use super::{Config, ConfigError, DocumentsMode, http};

/// Shortest token that nobody guesses, in characters.
const SHORTEST_TOKEN: usize = 24;
/// Most days that the texts of mails may be kept: ten years.
const LONGEST_KEPT: u64 = 3650;
/// As much as anybody likes.
const ANY: u64 = u64::MAX;

impl Config {
    /// Refuses values that parse and yet cannot work.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.check_addresses()?;
        for (key, issuer) in &self.sign_in.issuers {
            issuer.check(key)?;
        }
        self.mail.check()?;
        self.check_numbers()?;
        self.check_together()?;
        self.clock().map(|_| ())
    }

    /// Refuses addresses and the like that are none.
    fn check_addresses(&self) -> Result<(), ConfigError> {
        let url = &self.database.url;
        let database = ["sqlite://", "postgres://", "postgresql://"];
        if !database.iter().any(|start| url.starts_with(start)) {
            let problem = "it must start with sqlite:// or postgres://";
            return Err(unusable("database.url (DATABASE_URL)", problem));
        }
        if !self.redis.url.is_empty() && !self.redis.url.starts_with("redis") {
            let problem = "it must start with redis:// or rediss://, or be empty";
            return Err(unusable("redis.url (REDIS_URL)", problem));
        }
        if !self.http.public_url.starts_with("http") || self.http.public_url.ends_with('/') {
            let problem = "it must start with http and end without a slash";
            return Err(unusable("http.public_url", problem));
        }
        if !self.http.has_usable_front_end() {
            let problem = "it must start with http:// or https:// and hold no blanks, or be empty";
            return Err(unusable("http.front_end_url", problem));
        }
        if let Some(wrong) = self.live.origins().find(|origin| !http::is_origin(origin)) {
            let problem = format!(
                "\"{wrong}\" is no web address such as https://app.example: small letters, and no \
                 slash or path after the host"
            );
            return Err(unusable("live.origins", problem));
        }
        if !self.metrics.listen.is_empty() && self.metrics.address().is_none() {
            let problem = "it must be an address such as 127.0.0.1:9464, or be empty";
            return Err(unusable("metrics.listen", problem));
        }
        let collector = &self.traces.otlp_endpoint;
        if !collector.is_empty() && !collector.starts_with("http") {
            let problem = "it must start with http:// or https://, or be empty";
            return Err(unusable("traces.otlp_endpoint", problem));
        }
        if (1..SHORTEST_TOKEN).contains(&self.mail.feedback_token.len()) {
            let problem = "it must be empty or of at least 24 characters";
            return Err(unusable("mail.feedback_token", problem));
        }
        Ok(())
    }

    /// Refuses numbers with which nothing could be had, or nothing would end.
    fn check_numbers(&self) -> Result<(), ConfigError> {
        let (http, live, mail, worker) = (&self.http, &self.live, &self.mail, &self.worker);
        // The least and the most that each may be.
        let numbers = [
            ("database.max_connections", u64::from(self.database.max_connections), 1, ANY),
            ("http.timeout_seconds", http.timeout_seconds, 1, ANY),
            ("http.head_seconds", http.head_seconds, 1, ANY),
            ("http.write_seconds", http.write_seconds, 1, ANY),
            ("http.stop_seconds", http.stop_seconds, 1, ANY),
            ("http.connections", u64::from(http.connections), 1, ANY),
            ("sign_in.idle_minutes", u64::from(self.sign_in.idle_minutes), 1, ANY),
            ("sign_in.longest_hours", u64::from(self.sign_in.longest_hours), 1, ANY),
            ("limits.points_per_second", u64::from(self.limits.points_per_second), 1, ANY),
            ("live.messages_per_second", u64::from(live.messages_per_second), 1, ANY),
            ("live.connections", u64::from(live.connections), 1, ANY),
            ("live.connections_per_person", u64::from(live.connections_per_person), 1, ANY),
            ("live.operations_per_connection", live.operations_per_connection as u64, 1, ANY),
            ("live.init_seconds", live.init_seconds, 1, ANY),
            ("live.look_seconds", live.look_seconds, 1, ANY),
            ("live.idle_seconds", live.idle_seconds, 3, ANY),
            ("mail.smtp_timeout_seconds", mail.smtp_timeout_seconds, 1, ANY),
            ("mail.connections", mail.connections as u64, 1, 100),
            ("mail.burst", u64::from(mail.burst), 1, ANY),
            ("mail.drain_seconds", mail.drain_seconds, 1, ANY),
            ("mail.keep_days", u64::from(mail.keep_days), 7, LONGEST_KEPT),
            ("worker.beat_seconds", worker.beat_seconds, 1, 60),
            ("worker.lease_seconds", worker.lease_seconds, 10, ANY),
            ("worker.stop_seconds", worker.stop_seconds, 1, ANY),
        ];
        for (name, value, least, most) in numbers {
            if value < least && most == ANY {
                return Err(unusable(name, format!("it must be at least {least}")));
            }
            if !(least..=most).contains(&value) {
                return Err(unusable(name, format!("it must be between {least} and {most}")));
            }
        }
        if !(0.1..=100_000.0).contains(&mail.per_second) {
            return Err(unusable("mail.per_second", "it must be between 0.1 and 100000"));
        }
        if !(0.0..=1.0).contains(&self.traces.share) {
            return Err(unusable("traces.share", "it must be between 0 and 1"));
        }
        Ok(())
    }

    /// Refuses settings that make no sense together.
    fn check_together(&self) -> Result<(), ConfigError> {
        let (live, mail, worker) = (&self.live, &self.mail, &self.worker);
        let documents = &self.documents;
        let metrics = self.metrics.address();
        let sense = [
            (
                "documents.manifest",
                documents.mode != DocumentsMode::TrustedOnly
                    || !documents.manifest.as_os_str().is_empty(),
                "with documents.mode \"trusted-only\" it must name a file",
            ),
            (
                "sign_in.idle_minutes",
                u64::from(self.sign_in.idle_minutes) <= u64::from(self.sign_in.longest_hours) * 60,
                "it must not be longer than sign_in.longest_hours",
            ),
            (
                "live.connections_per_person",
                live.connections_per_person <= live.connections,
                "it must not be more than live.connections",
            ),
            (
                // A hand-over renews the lease once, before the body; the answer to that must fit
                // in it.
                "mail.smtp_timeout_seconds",
                mail.smtp_timeout_seconds < worker.lease_seconds / 2,
                "it must be less than half of worker.lease_seconds",
            ),
            (
                // Else the worker is cut off before it cuts off its conversations and writes down
                // how they stand.
                "mail.drain_seconds",
                mail.drain_seconds < worker.stop_seconds,
                "it must be less than worker.stop_seconds",
            ),
            (
                "mail.bounces_folder",
                mail.bounces_folder.as_os_str().is_empty() || mail.bounces_folder != mail.folder,
                "it must be another folder than mail.folder: what is sent does not come back there",
            ),
            (
                "metrics.listen",
                metrics.is_none_or(|own| own.port() == 0 || own != self.http.listen),
                "it must be another address than http.listen",
            ),
        ];
        match sense.iter().find(|(_, makes_sense, _)| !makes_sense) {
            Some((name, _, problem)) => Err(unusable(name, *problem)),
            None => Ok(()),
        }
    }
}

fn unusable(name: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError::Unusable { name, problem: problem.into() }
}
