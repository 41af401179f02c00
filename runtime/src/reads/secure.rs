//! The address of PostgreSQL as tokio-postgres takes it, and TLS as `sslmode` asks for it: the same
//! address also opens the pool that writes, which reads it as libpq does.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sea_orm::DbErr;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::fault;
use crate::config::DatabaseConfig;

/// Longest statement, in milliseconds: whoever asked has gone by then.
const LONGEST: u32 = 60_000;

/// Every transaction is a snapshot, and writes nothing.
const SNAPSHOTS: &str = "-c default_transaction_isolation=repeatable\\ read \
                         -c default_transaction_read_only=on";

/// How to connect.
pub struct Secured(Option<MakeRustlsConnect>);

/// The address, how to connect, and how many connections at most.
///
/// # Errors
/// An address that cannot be parsed.
pub fn parse(config: &DatabaseConfig) -> Result<(Config, Secured, usize), DbErr> {
    let wrong = |problem: String| DbErr::Custom(format!("the setting database.url: {problem}"));
    let url = url::Url::parse(&config.url).map_err(|error| wrong(error.to_string()))?;
    let decoded =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut parsed = Config::new();
    let mut host = url.host_str().map(decoded);
    let mut mode = std::env::var("PGSSLMODE").unwrap_or_else(|_| "prefer".to_owned());
    let mut roots = None;
    parsed.port(url.port().unwrap_or(5432));
    if !url.username().is_empty() {
        parsed.user(decoded(url.username()));
    }
    if let Some(password) = url.password() {
        parsed.password(decoded(password));
    }
    let name = url.path().trim_start_matches('/');
    if !name.is_empty() {
        parsed.dbname(decoded(name));
    }
    for (name, value) in url.query_pairs() {
        match name.as_ref() {
            "host" | "hostaddr" => host = Some(value.into_owned()),
            "port" => {
                let port = value.parse().map_err(|_| wrong("the port is no number".to_owned()))?;
                parsed.port(port);
            }
            "dbname" => {
                parsed.dbname(value);
            }
            "user" => {
                parsed.user(value);
            }
            "password" => {
                parsed.password(value.as_bytes());
            }
            "sslmode" | "ssl-mode" => mode = value.into_owned(),
            "sslrootcert" | "ssl-root-cert" | "ssl-ca" => roots = Some(value.into_owned()),
            _ => {}
        }
    }
    let host = host.filter(|host| !host.is_empty()).unwrap_or_else(|| "localhost".to_owned());
    let local = host.starts_with('/');
    parsed
        .host(host)
        .application_name("hubs-reads")
        .connect_timeout(Duration::from_secs(10))
        .options(format!("{SNAPSHOTS} -c statement_timeout={LONGEST} -c jit=off"));
    let verified = mode.starts_with("verify");
    parsed.ssl_mode(match mode.as_str() {
        "disable" => SslMode::Disable,
        "require" | "verify-ca" | "verify-full" => SslMode::Require,
        _ => SslMode::Prefer,
    });
    let secured = match mode.as_str() {
        "disable" => None,
        _ if local => None,
        _ => Some(MakeRustlsConnect::new(tls(verified, roots.as_deref())?)),
    };
    if secured.is_none() {
        parsed.ssl_mode(SslMode::Disable);
    }
    let most = usize::try_from(config.max_connections).unwrap_or(1).max(1);
    Ok((parsed, Secured(secured), most))
}

impl Secured {
    /// Connects.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn connect(&self, config: &Config) -> Result<Client, DbErr> {
        match &self.0 {
            None => {
                let (client, connection) = config.connect(NoTls).await.map_err(fault)?;
                tokio::spawn(connection);
                Ok(client)
            }
            Some(tls) => {
                let (client, connection) = config.connect(tls.clone()).await.map_err(fault)?;
                tokio::spawn(connection);
                Ok(client)
            }
        }
    }
}

fn tls(verified: bool, roots: Option<&str>) -> Result<ClientConfig, DbErr> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let tls = tls.with_safe_default_protocol_versions().map_err(fault)?;
    if !verified {
        // As libpq has it: `prefer` and `require` encrypt, and believe whoever answers.
        let tls = tls.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)));
        return Ok(tls.with_no_client_auth());
    }
    let mut trusted = RootCertStore::empty();
    match roots {
        Some(file) => {
            let unreadable = |error| fault(format!("sslrootcert {file}: {error}"));
            for root in CertificateDer::pem_file_iter(file).map_err(unreadable)? {
                trusted.add(root.map_err(unreadable)?).map_err(fault)?;
            }
        }
        None => trusted.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    Ok(tls.with_root_certificates(trusted).with_no_client_auth())
}

/// Takes every certificate; signatures must be right all the same.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
