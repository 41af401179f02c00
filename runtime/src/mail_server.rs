//! The settings of `[mail]`: the addresses of the mail servers, and what they may be used for.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::config::{ConfigError, MailConfig};

/// Dotted name of the setting.
const NAME: &str = "mail.smtp_url (SMTP_URL)";

/// When the conversation with a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte (`smtps://`).
    First,
    /// By STARTTLS, and not at all if that is not offered.
    Required,
    /// By STARTTLS if it is offered.
    Opportunistic,
    /// Never.
    None,
}

/// Who we are to the mail server.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// User.
    pub user: String,
    /// Password.
    pub password: String,
}

// A password never gets into a log by way of what holds it.
impl fmt::Debug for Login {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Login")
    }
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailServer {
    /// Name or address, without brackets; the certificate must be for it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Encryption.
    pub encryption: Encryption,
    /// How to sign in, if at all.
    pub login: Option<Login>,
}

impl MailConfig {
    /// The mail servers of these settings, in their order; none when mail goes to a folder.
    ///
    /// # Errors
    /// An address that is none, in a sentence that does not repeat it.
    pub fn servers(&self) -> Result<Vec<MailServer>, ConfigError> {
        let parsed: Result<_, &str> = self.smtp_url.split_whitespace().map(parse).collect();
        parsed.map_err(|problem| unusable(NAME, problem))
    }

    /// Refuses addresses and names that are none, and a key that is missing.
    ///
    /// # Errors
    /// One of them, by its name.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.servers()?;
        let label = |text: &str| {
            text.split('.').all(|part| {
                !part.is_empty()
                    && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
            })
        };
        if self.dkim_domain.is_empty() {
            return Ok(());
        }
        if !label(&self.dkim_domain) {
            return Err(unusable("mail.dkim_domain", "it must be a domain such as example.org"));
        }
        if !label(&self.dkim_selector) {
            let problem = "with mail.dkim_domain it must name the published key, such as hubs2026";
            return Err(unusable("mail.dkim_selector", problem));
        }
        if self.dkim_key.expose().is_empty() {
            let problem = "with mail.dkim_domain it must hold a private key, or name its file";
            return Err(unusable("mail.dkim_key", problem));
        }
        Ok(())
    }
}

fn unusable(name: &'static str, problem: &str) -> ConfigError {
    ConfigError::Unusable { name, problem: problem.to_owned() }
}

fn parse(text: &str) -> Result<MailServer, &'static str> {
    const FORM: &str = "it must be of the form smtp://user:password@host:587 or smtps://host";
    let url = Url::parse(text).map_err(|_| FORM)?;
    let host = match url.host() {
        Some(Host::Ipv6(address)) => address.to_string(),
        Some(host) => host.to_string(),
        None => return Err(FORM),
    };
    if host.is_empty() || !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err(FORM);
    }
    let (encryption, usual_port) = match (url.scheme(), url.query()) {
        ("smtps", None) => (Encryption::First, 465),
        ("smtp", None | Some("tls=required")) => (Encryption::Required, 587),
        ("smtp", Some("tls=opportunistic")) => (Encryption::Opportunistic, 587),
        ("smtp", Some("tls=none")) => (Encryption::None, 25),
        ("smtp", Some(_)) => {
            return Err("after the question mark it takes tls=required, opportunistic or none");
        }
        ("smtps", Some(_)) => return Err("smtps:// takes nothing after a question mark"),
        _ => return Err(FORM),
    };
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(String::from).map_err(|_| "the user and password must be UTF-8")
    };
    let login = match (url.username(), url.password()) {
        ("", None) => None,
        ("", Some(_)) | (_, None) => return Err("a user comes with a password, and both or none"),
        (user, Some(password)) => {
            Some(Login { user: decoded(user)?, password: decoded(password)? })
        }
    };
    if login.is_some() && encryption == Encryption::None {
        return Err("a password is not sent without TLS: leave it out, or take tls=none away");
    }
    Ok(MailServer { host, port: url.port().unwrap_or(usual_port), encryption, login })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str, port: u16, encryption: Encryption) -> MailServer {
        MailServer { host: host.to_owned(), port, encryption, login: None }
    }

    #[test]
    fn an_address_says_where_how_and_who() {
        let login = Login { user: "hubs@x".to_owned(), password: "a:b/ö".to_owned() };
        for (text, expected) in [
            ("smtp://mail.example", server("mail.example", 587, Encryption::Required)),
            ("smtp://mail.example:25/?tls=none", server("mail.example", 25, Encryption::None)),
            (
                "smtp://127.0.0.1:2525?tls=opportunistic",
                server("127.0.0.1", 2525, Encryption::Opportunistic),
            ),
            ("smtps://[::1]", server("::1", 465, Encryption::First)),
            (
                "smtps://hubs%40x:a%3Ab%2F%C3%B6@mail.example:1465",
                MailServer {
                    login: Some(login),
                    ..server("mail.example", 1465, Encryption::First)
                },
            ),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        for text in [
            "mail.example",
            "mail.example:25",
            "http://mail.example",
            "smtp://",
            "smtp://user@mail.example",
            "smtp://mail.example/inbox",
            "smtp://mail.example?tls=maybe",
            "smtps://mail.example?tls=none",
            "smtp://user:password@mail.example?tls=none",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let shown = parse("smtp://user:hunter2@mail.example").map(|server| format!("{server:?}"));
        assert!(shown.is_ok_and(|shown| !shown.contains("hunter2")));
    }
}
