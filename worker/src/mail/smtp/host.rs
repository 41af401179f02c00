//! One mail server, and how a conversation with it is opened.

use std::time::Duration;

use anyhow::Context as _;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands::Ehlo;
use lettre::transport::smtp::extension::{ClientId, Extension};
use runtime::config::MailConfig;
use runtime::mail_server::{Encryption, MailServer};
use tokio::net::TcpStream;

use super::Fault;
use super::words::{code, fault};
use crate::metrics::{self, MailConnection};

/// How a mail server is reached.
#[derive(Clone)]
pub(super) struct Host {
    server: MailServer,
    /// Whom to trust; not needed where nothing is encrypted.
    tls: Option<TlsParameters>,
    hello: ClientId,
}

/// An open conversation.
pub(super) struct Open {
    pub(super) connection: AsyncSmtpConnection,
    /// Counts it while it is open.
    _counted: MailConnection,
    /// Most bytes that a message may have, if it says so.
    pub(super) most_bytes: Option<usize>,
    /// Whether it takes that number with each message (SIZE).
    pub(super) takes_size: bool,
}

impl Open {
    /// Whether the server offers an extension.
    pub(super) fn offers(&self, extension: Extension) -> bool {
        self.connection.server_info().supports_feature(extension)
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
            Encryption::None => None,
            _ => Some(tls(&server, config).context("the setting mail.smtp_ca cannot be used")?),
        };
        Ok(Self { server, tls, hello: ClientId::Domain(domain.to_owned()) })
    }

    /// Counts whether the server took us in.
    pub(super) fn note(&self, taken_in: bool) {
        metrics::connected(format!("{}:{}", self.server.host, self.server.port), taken_in);
    }

    /// Connects, encrypts and signs in.
    pub(super) async fn open(&self, patience: Duration) -> Result<Open, Fault> {
        let connected = if self.server.encryption == Encryption::First {
            let at = (self.server.host.as_str(), self.server.port);
            let (hello, tls) = (&self.hello, self.tls.clone());
            AsyncSmtpConnection::connect_tokio1(at, Some(patience), hello, tls, None).await
        } else {
            let stream = Box::new(self.connect(patience).await?);
            AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await
        };
        let mut connection = connected.map_err(|error| fault(&error))?;
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
        self.with_size(connection).await
    }

    /// A connection that sends at once what it is given: the library sends the dot that ends a
    /// message by itself, and would wait some 40 ms with it for the server to confirm what came
    /// before.
    async fn connect(&self, patience: Duration) -> Result<TcpStream, Fault> {
        let at = (self.server.host.as_str(), self.server.port);
        let broken = |error: std::io::Error| Fault::Broken(format!("Connection error: {error}"));
        let connecting = tokio::time::timeout(patience, TcpStream::connect(at)).await;
        let late = |_| Fault::Broken("it does not answer".to_owned());
        let stream = connecting.map_err(late)?.map_err(broken)?;
        stream.set_nodelay(true).map_err(broken)?;
        Ok(stream)
    }

    /// Asks once more what the server offers: the library forgets how large a message may be, and a
    /// server may offer more to who has signed in.
    async fn with_size(&self, mut connection: AsyncSmtpConnection) -> Result<Open, Fault> {
        let offered = connection.command(Ehlo::new(self.hello.clone())).await;
        let offered = offered.map_err(|error| fault(&error))?;
        let size = offered.message().find_map(|line| {
            let mut words = line.split_whitespace();
            words.next().filter(|word| word.eq_ignore_ascii_case("SIZE"))?;
            Some(words.next().and_then(|most| most.parse().ok()).filter(|most| *most > 0))
        });
        let (takes_size, most_bytes) = (size.is_some(), size.flatten());
        Ok(Open { connection, _counted: MailConnection::opened(), takes_size, most_bytes })
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
