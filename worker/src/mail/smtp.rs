//! A conversation with the mail server: one connection, one task, one message at a time.
//!
//! The library's own pool is not used: it was seen to hand on a connection in mid-conversation, and
//! then to take the answer to one message for that to the next. Here every step has its own
//! timeout, a connection that broke a step is dropped and never used again, and replies count by
//! their exact codes.

use std::error::Error as _;
use std::time::Duration;

use anyhow::Context as _;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use rules::messages::{Asked, Refused, judge};
use runtime::config::MailConfig;
use runtime::mail_server::{Encryption, MailServer};

use super::{Outcome, Setback};
use crate::metrics::MailConnection;

/// How the mail server is reached.
#[derive(Clone)]
pub struct Smtp {
    server: MailServer,
    /// Whom to trust; not needed where nothing is encrypted.
    tls: Option<TlsParameters>,
    hello: ClientId,
    /// Longest time for each step.
    patience: Duration,
}

impl Smtp {
    /// As the settings say; `domain` is ours, the one mail comes from.
    ///
    /// # Errors
    /// A certificate that cannot be read.
    pub(super) fn of(
        server: MailServer,
        config: &MailConfig,
        domain: &str,
    ) -> anyhow::Result<Self> {
        let tls = match server.encryption {
            Encryption::None => None,
            _ => Some(tls(&server, config).context("the setting mail.smtp_ca cannot be used")?),
        };
        Ok(Self {
            server,
            tls,
            hello: ClientId::Domain(domain.to_owned()),
            patience: Duration::from_secs(config.smtp_timeout_seconds),
        })
    }

    /// A line to it, not open yet.
    pub(super) fn line(&self) -> Line<'_> {
        Line { smtp: self, connection: None }
    }
}

fn tls(server: &MailServer, config: &MailConfig) -> anyhow::Result<TlsParameters> {
    let mut tls = TlsParameters::builder(server.host.clone());
    if !config.smtp_ca.as_os_str().is_empty() {
        let pem = std::fs::read(&config.smtp_ca)?;
        let certificate = Certificate::from_pem(&pem).context("it holds no PEM certificate")?;
        tls = tls.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    Ok(tls.build()?)
}

/// Why a step failed.
enum Fault {
    /// The server said no.
    Reply(u16, Option<(u16, u16, u16)>),
    /// It said nothing, something that is no SMTP, or could not be reached; in words without
    /// personal data.
    Broken(String),
}

/// An open conversation, or one to be opened.
pub struct Line<'a> {
    smtp: &'a Smtp,
    connection: Option<(AsyncSmtpConnection, MailConnection)>,
}

impl Line<'_> {
    /// Offers a message up to the point where the server waits for its bytes. What went wrong
    /// delivered nothing.
    pub(super) async fn offer(
        &mut self,
        from: &Address,
        to: &Address,
        bytes: &[u8],
    ) -> Result<(), Setback> {
        let used_before = self.connection.is_some();
        match self.ask_sender(from, to, bytes).await {
            // A server may close a connection after so many messages, or so long in silence: that
            // says nothing about this message, which gets a connection of its own.
            Err(_) if used_before && self.connection.is_none() => {
                self.ask_sender(from, to, bytes).await?;
            }
            asked => asked?,
        }
        let asked = self.step(async |it| it.command(Rcpt::new(to.clone(), vec![])).await).await;
        self.expect(Asked::Recipient, asked, 200..300).await?;
        let asked = self.step(async |it| it.command(Data).await).await;
        self.expect(Asked::Message, asked, 354..355).await
    }

    /// Opens the conversation if need be, and asks whether the server takes mail from us.
    async fn ask_sender(
        &mut self,
        from: &Address,
        to: &Address,
        bytes: &[u8],
    ) -> Result<(), Setback> {
        if self.connection.is_none() {
            let opened = tokio::time::timeout(self.smtp.patience * 3, self.smtp.open()).await;
            let opened = opened.unwrap_or_else(|_| Err(Fault::Broken("it does not answer".into())));
            let opened = opened.map_err(|fault| setback(Asked::Opening, &fault))?;
            self.connection = Some((opened, MailConnection::opened()));
        }
        let mut parameters = Vec::new();
        let offers = |extension| {
            let info = self.connection.as_ref().map(|(connection, _)| connection.server_info());
            info.is_some_and(|info| info.supports_feature(extension))
        };
        let addresses: [&str; 2] = [from.as_ref(), to.as_ref()];
        if !addresses.iter().all(|address| address.is_ascii()) {
            if !offers(Extension::SmtpUtfEight) {
                let reason = "The mail server takes no address with such letters.".to_owned();
                return Err(Setback { refused: Refused::ForGood, reason });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !bytes.is_ascii() && offers(Extension::EightBitMime) {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let mail = Mail::new(Some(from.clone()), parameters);
        let asked = self.step(async |it| it.command(mail).await).await;
        self.expect(Asked::Sender, asked, 200..300).await
    }

    /// Sends the bytes the server waits for. From the first of them on only its word counts.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Outcome {
        // The end of a message is a line with a dot, so that the last line break is sent with it.
        let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        match self.step(async |it| it.message(bytes).await).await {
            Ok(reply) if (200..300).contains(&code(&reply)) => Outcome::Accepted(taken(&reply)),
            Ok(_) | Err(Fault::Broken(_)) => {
                self.connection = None;
                Outcome::Uncertain
            }
            Err(fault @ Fault::Reply(..)) => {
                let setback = setback(Asked::Message, &fault);
                if setback.refused == Refused::All {
                    self.connection = None;
                }
                Outcome::Refused(setback)
            }
        }
    }

    /// Drops the connection as it is: the server throws away what it has of a message.
    pub(super) fn abandon(&mut self) {
        self.connection = None;
    }

    /// Ends the conversation politely.
    pub(super) async fn close(mut self) {
        let _ = self.step(async |it| it.quit().await).await;
    }

    /// One step of the conversation. After a timeout, or an answer that is none, it is over.
    async fn step(
        &mut self,
        step: impl AsyncFnOnce(&mut AsyncSmtpConnection) -> Result<Response, SmtpError>,
    ) -> Result<Response, Fault> {
        let Some((connection, _)) = &mut self.connection else {
            return Err(Fault::Broken("the conversation is over".to_owned()));
        };
        let answer = tokio::time::timeout(self.smtp.patience, step(connection)).await;
        let fault = match answer {
            Ok(Ok(reply)) => return Ok(reply),
            Ok(Err(error)) => fault(&error),
            Err(_) => Fault::Broken("it does not answer in time".to_owned()),
        };
        if matches!(fault, Fault::Broken(_)) {
            self.connection = None;
        }
        Err(fault)
    }

    /// Sees that a step was answered as it must be; if not, the conversation is made ready for the
    /// next message, or dropped.
    async fn expect(
        &mut self,
        asked: Asked,
        answer: Result<Response, Fault>,
        codes: std::ops::Range<u16>,
    ) -> Result<(), Setback> {
        let fault = match answer {
            Ok(reply) if codes.contains(&code(&reply)) => return Ok(()),
            Ok(reply) => {
                self.connection = None;
                Fault::Broken(format!("it answered {} out of turn", code(&reply)))
            }
            Err(fault) => fault,
        };
        let setback = setback(asked, &fault);
        if setback.refused == Refused::All {
            self.connection = None;
        } else if self.connection.is_some() {
            let reset = self.step(async |it| it.command(Rset).await).await;
            if !reset.is_ok_and(|reply| code(&reply) == 250) {
                self.connection = None;
            }
        }
        Err(setback)
    }
}

type SmtpError = lettre::transport::smtp::Error;

impl Smtp {
    /// Connects, encrypts and signs in.
    async fn open(&self) -> Result<AsyncSmtpConnection, Fault> {
        let at = (self.server.host.as_str(), self.server.port);
        let first = match self.server.encryption {
            Encryption::First => self.tls.clone(),
            _ => None,
        };
        let patience = Some(self.patience);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(at, patience, &self.hello, first, None);
        let mut connection = connecting.await.map_err(|error| fault(&error))?;
        let wanted = match self.server.encryption {
            Encryption::First | Encryption::None => false,
            Encryption::Required => true,
            Encryption::Opportunistic => connection.can_starttls(),
        };
        if let (true, Some(tls)) = (wanted, &self.tls) {
            if !connection.can_starttls() {
                return Err(Fault::Broken("it offers no encryption (STARTTLS)".to_owned()));
            }
            let encrypted = connection.starttls(tls.clone(), &self.hello).await;
            encrypted.map_err(|error| fault(&error))?;
        }
        if let Some(login) = &self.server.login {
            if !connection.is_encrypted() {
                let problem = "it offers no encryption, and a password is not sent without";
                return Err(Fault::Broken(problem.to_owned()));
            }
            let credentials = Credentials::new(login.user.clone(), login.password.clone());
            let signed_in = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
            let reply = signed_in.map_err(|error| fault(&error))?;
            if code(&reply) != 235 {
                return Err(Fault::Broken("signing in ended half-way".to_owned()));
            }
        }
        Ok(connection)
    }
}

fn code(reply: &Response) -> u16 {
    reply.code().into()
}

/// What an error of the library means. The server's own words are left out, since they may repeat
/// an address.
fn fault(error: &SmtpError) -> Fault {
    if let Some(code) = error.status() {
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        return Fault::Reply(code.into(), enhanced(&words));
    }
    Fault::Broken(if error.is_response() || error.is_client() {
        // Among these is a mechanism to sign in that it lacks.
        "it does not speak SMTP as we do".to_owned()
    } else {
        error.to_string()
    })
}

/// The enhanced status (RFC 3463) that a reply begins with, as in `5.1.1 No such user`.
fn enhanced(words: &str) -> Option<(u16, u16, u16)> {
    let mut parts = words.split_whitespace().next()?.splitn(3, '.').map(str::parse);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Ok(class)), Some(Ok(subject)), Some(Ok(detail))) => Some((class, subject, detail)),
        _ => None,
    }
}

fn setback(asked: Asked, fault: &Fault) -> Setback {
    match fault {
        Fault::Reply(code, status) => {
            let shown = match status {
                Some((class, subject, detail)) => format!("{code} {class}.{subject}.{detail}"),
                None => code.to_string(),
            };
            let what = match (asked, status) {
                (Asked::Opening, _) => "The mail server does not let us in",
                (Asked::Sender, _) => "The mail server refused the sender",
                (Asked::Recipient, Some((5, 1, _))) => "There is no such address",
                (Asked::Recipient, _) => "The mail server refused the recipient",
                (Asked::Message, _) => "The mail server refused the message",
            };
            Setback { refused: judge(asked, *code, *status), reason: format!("{what}: {shown}.") }
        }
        Fault::Broken(problem) => Setback {
            refused: if asked == Asked::Opening { Refused::All } else { Refused::ForNow },
            reason: format!("The mail server cannot be used: {problem}."),
        },
    }
}

/// That the server took it, with its own name for it if it told one.
fn taken(reply: &Response) -> String {
    let words = reply.message().collect::<Vec<_>>().join(" ");
    let name = words.split("queued as ").nth(1).and_then(|rest| rest.split_whitespace().next());
    let name = name.filter(|name| {
        name.len() <= 40
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
    });
    match name {
        Some(name) => format!("Taken by the mail server as {name}."),
        None => "Taken by the mail server.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enhanced_status_is_read_where_there_is_one() {
        assert_eq!(enhanced("5.1.1 No such user"), Some((5, 1, 1)));
        assert_eq!(enhanced("4.7.650 wait"), Some((4, 7, 650)));
        for words in ["", "No such user", "5.1", "10.0.0.1.2 blocked", "5.x.1 what"] {
            assert_eq!(enhanced(words), None, "{words}");
        }
    }

    #[test]
    fn what_is_told_of_a_refusal_does_not_repeat_the_servers_words() {
        let told = setback(Asked::Recipient, &Fault::Reply(550, Some((5, 1, 1))));
        assert_eq!(told.reason, "There is no such address: 550 5.1.1.");
        assert_eq!(told.refused, Refused::ForGood);
    }
}
