//! One mail server, and how a conversation with it is opened.

use std::time::Duration;

use anyhow::Context as _;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands::Ehlo;
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use runtime::config::MailConfig;
use runtime::mail_server::{Encryption, MailServer};
use rustls::pki_types::ServerName;

use super::Fault;
use super::wire::{Trust, Wire};
use super::words::{code, fault};
use crate::metrics::{self, MailConnection};

/// How a mail server is reached.
#[derive(Clone)]
pub(super) struct Host {
    server: MailServer,
    tls: Tls,
    hello: ClientId,
}

/// How its conversations are encrypted, and whom to trust.
#[derive(Clone)]
enum Tls {
    /// From the first byte.
    First(Trust),
    /// By STARTTLS.
    Later(TlsParameters),
    /// Not at all.
    Never,
}

/// An open conversation.
pub(super) struct Open {
    pub(super) connection: AsyncSmtpConnection,
    /// Counts it while it is open.
    _counted: MailConnection,
    /// Most bytes that a message may have, if it says so.
    most_bytes: Option<usize>,
    /// Whether it takes that number with each message (SIZE).
    takes_size: bool,
    /// Whether it takes several commands at a time (PIPELINING).
    pub(super) takes_several: bool,
}

impl Open {
    /// What the server has to know before it takes a message, or why it cannot take it, in a
    /// sentence.
    pub(super) fn parameters(
        &self,
        from: &Address,
        to: &Address,
        bytes: &[u8],
    ) -> Result<Vec<MailParameter>, &'static str> {
        let mut parameters = Vec::new();
        let offers = |extension| self.connection.server_info().supports_feature(extension);
        let addresses: [&str; 2] = [from.as_ref(), to.as_ref()];
        if !addresses.iter().all(|address| address.is_ascii()) {
            if !offers(Extension::SmtpUtfEight) {
                return Err("The mail server takes no address with such letters (SMTPUTF8).");
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !bytes.is_ascii() {
            if !offers(Extension::EightBitMime) {
                return Err("The mail server takes no such letters (8BITMIME).");
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        if self.most_bytes.is_some_and(|most| bytes.len() > most) {
            return Err("It is larger than the mail server takes (SIZE).");
        }
        if self.takes_size {
            parameters.push(MailParameter::Size(bytes.len()));
        }
        Ok(parameters)
    }
}

impl Host {
    /// As the settings say; `domain` is ours, the one mail comes from.
    pub(super) fn of(
        server: MailServer,
        config: &MailConfig,
        domain: &str,
    ) -> anyhow::Result<Self> {
        let tls = match server.encryption {
            Encryption::None => Ok(Tls::Never),
            Encryption::First => {
                let name = ServerName::try_from(server.host.clone());
                let name = name.context("no certificate can be for the host in mail.smtp_url")?;
                Trust::of(name, config).map(Tls::First)
            }
            Encryption::Required | Encryption::Opportunistic => {
                by_starttls(&server, config).map(Tls::Later)
            }
        };
        let tls = tls.context("the setting mail.smtp_ca cannot be used")?;
        Ok(Self { server, tls, hello: ClientId::Domain(domain.to_owned()) })
    }

    /// Its host and port, without a password.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.server.host, self.server.port)
    }

    /// Counts whether the server took us in.
    pub(super) fn note(&self, taken_in: bool) {
        metrics::connected(self.name(), taken_in);
    }

    /// Connects, encrypts and signs in.
    pub(super) async fn open(&self, patience: Duration) -> Result<Open, Fault> {
        let mut connection = self.connect(patience).await?;
        let mut encrypted = matches!(self.tls, Tls::First(_));
        if let Tls::Later(tls) = &self.tls {
            let offered = connection.can_starttls();
            if !offered && self.server.encryption == Encryption::Required {
                return Err(Fault::Broken("it offers no encryption (STARTTLS)".to_owned()));
            }
            if offered {
                let upgraded = connection.starttls(tls.clone(), &self.hello).await;
                upgraded.map_err(|error| fault(&error))?;
                encrypted = connection.is_encrypted();
            }
        }
        if let Some(login) = &self.server.login {
            if !encrypted {
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
        self.look(connection).await
    }

    /// Connects, and encrypts where that is to be so from the first byte.
    async fn connect(&self, patience: Duration) -> Result<AsyncSmtpConnection, Fault> {
        let broken = |error: std::io::Error| Fault::Broken(format!("Connection error: {error}"));
        let trust = match &self.tls {
            Tls::First(trust) => Some(trust),
            Tls::Later(_) | Tls::Never => None,
        };
        let connecting = Wire::connect(&self.server.host, self.server.port, trust);
        let stream = tokio::time::timeout(patience, connecting).await;
        let late = |_| Fault::Broken("it does not answer".to_owned());
        let stream = stream.map_err(late)?.map_err(broken)?;
        let connected =
            AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello).await;
        connected.map_err(|error| fault(&error))
    }

    /// Asks once more what the server offers: the library forgets how large a message may be and
    /// whether several commands may come together, and a server may offer more to who has signed in.
    async fn look(&self, mut connection: AsyncSmtpConnection) -> Result<Open, Fault> {
        let offered = connection.command(Ehlo::new(self.hello.clone())).await;
        let offered = offered.map_err(|error| fault(&error))?;
        let named = |extension: &str| {
            offered.message().find_map(|line| {
                let mut words = line.split_whitespace();
                words.next().filter(|word| word.eq_ignore_ascii_case(extension))?;
                Some(words.next().unwrap_or_default())
            })
        };
        let size = named("SIZE");
        Ok(Open {
            most_bytes: size.and_then(|most| most.parse().ok()).filter(|most| *most > 0),
            takes_size: size.is_some(),
            takes_several: named("PIPELINING").is_some(),
            connection,
            _counted: MailConnection::opened(),
        })
    }
}

fn by_starttls(server: &MailServer, config: &MailConfig) -> anyhow::Result<TlsParameters> {
    let mut tls = TlsParameters::builder(server.host.clone());
    if !config.smtp_ca.as_os_str().is_empty() {
        let pem = std::fs::read(&config.smtp_ca)?;
        let certificate = Certificate::from_pem(&pem).context("it holds no PEM certificate")?;
        tls = tls.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    Ok(tls.build()?)
}
