//! The address of PostgreSQL as tokio-postgres takes it. sqlx reads it, with the environment and the
//! password file, so that what reads and what writes come to the same database in the same way.

use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use sea_orm::DbErr;
use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use url::Url;

use super::secure::{Secured, Trust, certificates};

/// Longest statement: whoever asked has gone by then.
pub const LONGEST: Duration = Duration::from_mins(1);
/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(10);
/// After this long without a word the other side is asked whether it is still there.
const QUIET: Duration = Duration::from_mins(1);
/// How long what was sent may stay unconfirmed before the connection counts as lost.
const UNCONFIRMED: Duration = Duration::from_secs(30);

/// The address, and how to connect.
///
/// # Errors
/// An address that cannot be parsed, or asks for what only one of the two drivers can do.
pub fn parse(url: &str) -> Result<(Config, Secured), DbErr> {
    let given = PgConnectOptions::from_str(url).map_err(|error| wrong(error.to_string()))?;
    let settled = settled(&given);
    if settled.query_pairs().any(|(name, _)| matches!(&*name, "sslcert" | "sslkey")) {
        let problem = "client certificates (sslcert, sslkey, PGSSLCERT, PGSSLKEY) are not \
                       supported; give a password";
        return Err(wrong(problem.to_owned()));
    }
    let socket = socket(&given);
    let mut config = Config::new();
    match socket {
        Some(folder) => config.host_path(folder),
        None => config.host(given.get_host()),
    };
    config.port(given.get_port()).user(given.get_username());
    if let Some(name) = given.get_database() {
        config.dbname(name);
    }
    if let Some(password) = settled.password() {
        config.password(percent_encoding::percent_decode_str(password).collect::<Vec<u8>>());
    }
    config
        .application_name(given.get_application_name().unwrap_or("hubs-reads"))
        .options(options(given.get_options()))
        .connect_timeout(PATIENCE)
        .keepalives_idle(QUIET)
        .tcp_user_timeout(UNCONFIRMED);
    // On a socket of this machine the server speaks no TLS.
    let (mode, trust) = match socket {
        Some(_) => (SslMode::Disable, None),
        None => encryption(given.get_ssl_mode()),
    };
    config.ssl_mode(mode);
    let secured = match trust {
        None => Secured::plain(),
        Some(Trust::Anybody) => Secured::by(Trust::Anybody, &[])?,
        Some(trust) => Secured::by(trust, &roots(url)?)?,
    };
    Ok((config, secured))
}

fn wrong(problem: impl std::fmt::Display) -> DbErr {
    DbErr::Custom(format!("the setting database.url (DATABASE_URL): {problem}"))
}

/// What sqlx made of the address that it does not tell otherwise: the password, wherever it was
/// found, and the certificates. Names that are told otherwise are left out: not every one can stand
/// in an address.
fn settled(given: &PgConnectOptions) -> Url {
    given.clone().username("hubs").host("localhost").socket("/").database("hubs").to_url_lossy()
}

/// The folder of the socket, if the database is on one.
fn socket(given: &PgConnectOptions) -> Option<&Path> {
    let host = Path::new(given.get_host());
    given.get_socket().map(AsRef::as_ref).or_else(|| host.is_absolute().then_some(host))
}

/// What was given, and after it what must hold: the same sight of moments and days as where writing
/// is done, and no statement that writes or runs for ever.
fn options(given: Option<&str>) -> String {
    let given = given.map(|given| format!("{given} ")).unwrap_or_default();
    let longest = LONGEST.as_millis();
    format!(
        "{given}-c default_transaction_read_only=on -c statement_timeout={longest} -c jit=off \
         -c TimeZone=UTC -c DateStyle=ISO,MDY"
    )
}

/// What is asked of the server, and whom to believe if it speaks TLS.
fn encryption(mode: PgSslMode) -> (SslMode, Option<Trust>) {
    match mode {
        // `allow` goes plain first, and sqlx no further.
        PgSslMode::Disable | PgSslMode::Allow => (SslMode::Disable, None),
        PgSslMode::Prefer => (SslMode::Prefer, Some(Trust::Anybody)),
        PgSslMode::Require => (SslMode::Require, Some(Trust::Anybody)),
        PgSslMode::VerifyCa => (SslMode::Require, Some(Trust::Certified)),
        PgSslMode::VerifyFull => (SslMode::Require, Some(Trust::Named)),
    }
}

/// The certificates that are trusted beside the usual ones: a file in the address, or a file or PEM
/// text in the environment.
fn roots(url: &str) -> Result<Vec<CertificateDer<'static>>, DbErr> {
    let url = Url::parse(url).map_err(wrong)?;
    let named = url
        .query_pairs()
        .filter(|(name, _)| matches!(&**name, "sslrootcert" | "ssl-root-cert" | "ssl-ca"));
    let (file, text) = match (named.last(), std::env::var("PGSSLROOTCERT")) {
        (Some((_, file)), _) => (file.into_owned(), None),
        (None, Ok(text)) if text.trim().starts_with("-----BEGIN") => (String::new(), Some(text)),
        (None, Ok(file)) => (file, None),
        (None, Err(_)) => return Ok(Vec::new()),
    };
    let unreadable = |error: &dyn std::fmt::Display| wrong(format!("sslrootcert {file}: {error}"));
    let pem = match text {
        Some(text) => text.into_bytes(),
        None => std::fs::read(&file).map_err(|error| unreadable(&error))?,
    };
    certificates(&pem).map_err(|error| unreadable(&error))
}

#[cfg(test)]
#[expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on must fail")]
mod tests {
    use tokio_postgres::config::Host;

    use super::*;

    fn config(url: &str) -> Config {
        parse(url).expect("an address").0
    }

    #[test]
    fn an_address_means_the_same_to_what_reads_as_to_what_writes() {
        let parsed = config("postgres://a%20b:p%40s%2Fs%25:@db.example:5433/h%20ubs");
        assert_eq!(parsed.get_hosts(), [Host::Tcp("db.example".to_owned())]);
        assert_eq!((parsed.get_ports(), parsed.get_user()), (&[5433][..], Some("a b")));
        assert_eq!(parsed.get_password(), Some(&b"p@s/s%:"[..]));
        assert_eq!(parsed.get_dbname(), Some("h ubs"));

        let query = "host=/run/demo&user=demo&password=p%26q&dbname=hubs&port=5434";
        let parsed = config(&format!("postgres://?{query}"));
        assert_eq!(parsed.get_hosts(), [Host::Unix("/run/demo".into())]);
        assert_eq!((parsed.get_ports(), parsed.get_user()), (&[5434][..], Some("demo")));
        assert_eq!(parsed.get_password(), Some(&b"p&q"[..]));
        assert_eq!(parsed.get_dbname(), Some("hubs"));
        let parsed = config("postgres://%2Frun%2Fdemo/hubs");
        assert_eq!(parsed.get_hosts(), [Host::Unix("/run/demo".into())]);
    }

    #[test]
    fn options_of_an_address_stay_and_ours_come_after_them() {
        let parsed =
            config("postgres://db.example/hubs?options=-c%20a.b=c&options[search_path]=demo");
        let options = parsed.get_options().expect("options");
        assert!(options.starts_with("-c a.b=c -c search_path=demo -c default_"), "{options}");
        assert_eq!(parsed.get_application_name(), Some("hubs-reads"));
        let parsed = config("postgres://db.example/hubs?application_name=demo");
        assert_eq!(parsed.get_application_name(), Some("demo"));
    }

    #[test]
    fn what_sslmode_asks_for_is_done_however_it_is_written() {
        use SslMode::{Disable, Prefer, Require};
        for (text, expected) in [
            ("disable", (Disable, None)),
            ("Allow", (Disable, None)),
            ("prefer", (Prefer, Some(Trust::Anybody))),
            ("REQUIRE", (Require, Some(Trust::Anybody))),
            ("Verify-CA", (Require, Some(Trust::Certified))),
            ("VERIFY-FULL", (Require, Some(Trust::Named))),
        ] {
            let given: PgConnectOptions =
                format!("postgres://db.example/hubs?sslmode={text}").parse().expect("an address");
            assert_eq!(encryption(given.get_ssl_mode()), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_refused_and_named() {
        for (query, named) in [
            ("sslmode=verified", "ssl_mode"),
            ("sslcert=a.pem&sslkey=b.pem", "client certificates"),
            ("sslmode=verify-ca&sslrootcert=/absent.pem", "sslrootcert /absent.pem"),
            ("port=demo", "database.url"),
        ] {
            let Err(error) = parse(&format!("postgres://demo:secret@db.example/hubs?{query}"))
            else {
                panic!("{query} is not refused");
            };
            let error = error.to_string();
            assert!(error.contains(named) && !error.contains("secret"), "{query}: {error}");
        }
    }

    #[test]
    fn a_connection_that_is_lost_is_found_out() {
        let parsed = config("postgres://db.example/hubs");
        assert_eq!(parsed.get_keepalives_idle(), QUIET);
        assert_eq!(parsed.get_tcp_user_timeout(), Some(&UNCONFIRMED));
    }
}
