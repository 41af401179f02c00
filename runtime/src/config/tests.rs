use super::*;

fn with(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Config::layered(None, Some(variables))
}

#[test]
fn the_documented_defaults_are_usable() -> Result<(), ConfigError> {
    let config = with(&[])?;
    assert_eq!(config.http.listen.port(), 8000);
    assert_eq!(config.database.url, "sqlite://data/hubs.db");
    Ok(())
}

#[test]
fn the_environment_goes_over_the_defaults() -> Result<(), ConfigError> {
    let config =
        with(&[("DATABASE_URL", "postgres://db/hubs"), ("HUBS__HTTP__TIMEOUT_SECONDS", "5")])?;
    assert_eq!(config.database.url, "postgres://db/hubs");
    assert_eq!(config.http.timeout_seconds, 5);
    let config = with(&[("HUBS__LIVE__ORIGINS", " https://a.example\nhttp://[::1]:3000 ")])?;
    let origins: Vec<_> = config.live.origins().collect();
    assert_eq!(origins, ["https://a.example", "http://[::1]:3000"]);
    Ok(())
}

#[test]
fn a_wrong_setting_is_named() {
    for (variable, value, name) in [
        ("DATABASE_URL", "mysql://db/hubs", "database.url"),
        ("REDIS_URL", "memcached://x", "redis.url"),
        ("HUBS__HTTP__LISTEN", "everywhere", "http.listen"),
        ("HUBS__HTTP__PUBLIC_URL", "https://hubs.example/", "http.public_url"),
        ("HUBS__HTTP__FRONT_END_URL", "app.example", "http.front_end_url"),
        ("HUBS__HTTP__FRONT_END_URL", "https://app.example/my hubs", "http.front_end_url"),
        ("HUBS__DOCUMENTS__MODE", "some", "documents.mode"),
        ("HUBS__DOCUMENTS__MODE", "trusted-only", "documents.manifest"),
        ("HUBS__HTTP__CONNECTIONS", "0", "http.connections"),
        ("HUBS__LIMITS__POINTS_PER_SECOND", "0", "limits.points_per_second"),
        ("HUBS__LIVE__LOOK_SECONDS", "0", "live.look_seconds"),
        ("HUBS__LIVE__IDLE_SECONDS", "2", "live.idle_seconds"),
        ("HUBS__LIVE__ORIGINS", "*", "live.origins"),
        ("HUBS__LIVE__ORIGINS", "null", "live.origins"),
        ("HUBS__LIVE__ORIGINS", "app.example", "live.origins"),
        ("HUBS__LIVE__ORIGINS", "https://", "live.origins"),
        ("HUBS__LIVE__ORIGINS", "https://a.example https://app.example/", "live.origins"),
        ("HUBS__LIVE__ORIGINS", "https://App.example", "live.origins"),
        ("HUBS__LIVE__ORIGINS", "https://*.example", "live.origins"),
        ("HUBS__WORKER__BEAT_SECONDS", "0", "worker.beat_seconds"),
        ("HUBS__WORKER__LEASE_SECONDS", "1", "worker.lease_seconds"),
        ("HUBS__WORKER__BEATS", "3", "beats"),
        ("HUBS__WORKER__STOP_SECONDS", "0", "worker.stop_seconds"),
        ("HUBS__METRICS__LISTEN", "9464", "metrics.listen"),
        ("HUBS__TRACES__OTLP_ENDPOINT", "collector:4318", "traces.otlp_endpoint"),
        ("HUBS__TRACES__SHARE", "2", "traces.share"),
        ("SMTP_URL", "mail.example:25", "mail.smtp_url (SMTP_URL)"),
        ("HUBS__MAIL__SMTP_TIMEOUT_SECONDS", "90", "mail.smtp_timeout_seconds"),
        ("SMTP_URL", "smtp://mail.example mail.example:25", "mail.smtp_url (SMTP_URL)"),
        ("HUBS__MAIL__CONNECTIONS", "0", "mail.connections"),
        ("HUBS__MAIL__PER_SECOND", "0", "mail.per_second"),
        ("HUBS__MAIL__PER_SECOND", "nan", "mail.per_second"),
        ("HUBS__MAIL__BURST", "0", "mail.burst"),
        ("HUBS__MAIL__DRAIN_SECONDS", "0", "mail.drain_seconds"),
        ("HUBS__MAIL__SMTP_TIMEOUT_SECONDS", "0", "mail.smtp_timeout_seconds"),
        ("HUBS__MAIL__CONNECTIONS", "101", "mail.connections"),
        ("HUBS__MAIL__KEEP_DAYS", "6", "mail.keep_days"),
        ("HUBS__MAIL__KEEP_DAYS", "3651", "mail.keep_days"),
        ("HUBS__DATABASE__MAX_CONNECTIONS", "0", "database.max_connections"),
        ("HUBS__WORKER__BEAT_SECONDS", "61", "worker.beat_seconds"),
        ("HUBS__MAIL__DKIM_DOMAIN", "example org", "mail.dkim_domain"),
        ("HUBS__MAIL__DKIM_DOMAIN", "example.org", "mail.dkim_selector"),
        ("HUBS__MAIL__FEEDBACK_TOKEN", "short", "mail.feedback_token"),
        ("HUBS__LOG__FORMAT", "xml", "log.format is \"text\" or \"json\", not \"xml\""),
        ("HUBS__DOCUMENTS__MODE", "none", "documents.mode is \"any\" or"),
        ("HUBS__CLOCK__STARTS_AT", "noon", "clock.starts_at"),
        ("HUBS__CLOCK__STARTS_AT", "2026-10-05T07:58:00", "clock.anchor_unix_ms"),
    ] {
        let problem = with(&[(variable, value)]).err().map(|e| e.to_string());
        assert!(problem.as_deref().is_some_and(|p| p.contains(name)), "{variable}: {problem:?}");
    }
}

#[test]
fn settings_that_make_no_sense_together_are_refused_by_both_their_names() {
    for (refused, usable, names) in [
        (
            [("HUBS__MAIL__DRAIN_SECONDS", "30"), ("HUBS__WORKER__STOP_SECONDS", "30")],
            [("HUBS__MAIL__DRAIN_SECONDS", "29"), ("HUBS__WORKER__STOP_SECONDS", "30")],
            ["mail.drain_seconds", "worker.stop_seconds"],
        ),
        (
            [("HUBS__MAIL__SMTP_TIMEOUT_SECONDS", "10"), ("HUBS__WORKER__LEASE_SECONDS", "20")],
            [("HUBS__MAIL__SMTP_TIMEOUT_SECONDS", "10"), ("HUBS__WORKER__LEASE_SECONDS", "22")],
            ["mail.smtp_timeout_seconds", "worker.lease_seconds"],
        ),
        (
            [("HUBS__SIGN_IN__IDLE_MINUTES", "61"), ("HUBS__SIGN_IN__LONGEST_HOURS", "1")],
            [("HUBS__SIGN_IN__IDLE_MINUTES", "60"), ("HUBS__SIGN_IN__LONGEST_HOURS", "1")],
            ["sign_in.idle_minutes", "sign_in.longest_hours"],
        ),
        (
            [("HUBS__LIVE__CONNECTIONS", "9"), ("HUBS__LIVE__CONNECTIONS_PER_PERSON", "10")],
            [("HUBS__LIVE__CONNECTIONS", "10"), ("HUBS__LIVE__CONNECTIONS_PER_PERSON", "10")],
            ["live.connections_per_person", "live.connections"],
        ),
        (
            [("HUBS__MAIL__FOLDER", "mail"), ("HUBS__MAIL__BOUNCES_FOLDER", "mail")],
            [("HUBS__MAIL__FOLDER", "mail"), ("HUBS__MAIL__BOUNCES_FOLDER", "mail/new")],
            ["mail.bounces_folder", "mail.folder"],
        ),
        (
            [("HUBS__HTTP__LISTEN", "[::1]:9464"), ("HUBS__METRICS__LISTEN", "[::1]:9464")],
            [("HUBS__HTTP__LISTEN", "127.0.0.1:0"), ("HUBS__METRICS__LISTEN", "127.0.0.1:0")],
            ["metrics.listen", "http.listen"],
        ),
        (
            [("HUBS__DOCUMENTS__MODE", "trusted-only"), ("HUBS__DOCUMENTS__MANIFEST", "")],
            [("HUBS__DOCUMENTS__MODE", "trusted-only"), ("HUBS__DOCUMENTS__MANIFEST", "it")],
            ["documents.manifest", "documents.mode"],
        ),
    ] {
        let problem = with(&refused).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(names.iter().all(|name| problem.contains(name)), "{refused:?}: {problem:?}");
        let problem = with(&usable).err().map(|error| error.to_string());
        assert_eq!(problem, None, "{usable:?}");
    }
}

#[test]
fn a_sign_in_service_may_come_from_the_environment_alone_and_its_secrets_as_they_are() {
    let variable = |name: &str| format!("HUBS__SIGN_IN__ISSUERS__DFE__{name}");
    let variables = [
        ("KIND", "dfe_sign_in"),
        ("NAME", "DfE Sign-in"),
        ("ISSUER", "https://sign-in.example"),
        ("CLIENT_ID", "12"),
        ("CLIENT_SECRET", "0071e3"),
        ("TRUSTS_EMAIL", "true"),
    ]
    .map(|(name, value)| (variable(name), value));
    let variables: Vec<_> = variables.iter().map(|(name, value)| (&**name, *value)).collect();
    let config = with(&variables);
    let shown = format!("{config:?}");
    let config = config.ok();
    let dfe = config.as_ref().and_then(|config| config.sign_in.issuers.get("dfe"));
    assert_eq!(dfe.map(|dfe| dfe.client_secret.expose()), Some("0071e3"), "{shown}");
    assert_eq!(dfe.map(|dfe| (&*dfe.client_id, dfe.trusts_email)), Some(("12", true)));
    assert!(!shown.contains("0071e3"), "{shown}");
}

#[test]
fn a_wrong_address_is_refused_without_repeating_its_password() {
    for (variable, value) in [
        ("DATABASE_URL", "mysql://u:hunter2@db/hubs"),
        ("SMTP_URL", "smtp://u:hunter2@"),
        ("SMTP_URL", "smtp://u:hunter2@mail.example?tls=none"),
    ] {
        let problem = with(&[(variable, value)]).err().map(|e| e.to_string());
        assert!(problem.is_some_and(|p| !p.contains("hunter2")), "{variable}");
    }
}
