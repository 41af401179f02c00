//! TLS to PostgreSQL as sqlx has it, which opens the pool that writes by the same address.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use sea_orm::DbErr;
use tokio::task::JoinHandle;
use tokio_postgres::{CancelToken, Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::fault;

/// How to connect.
pub struct Secured(Option<MakeRustlsConnect>);

/// Who is believed to be the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Whoever answers.
    Anybody,
    /// Whoever has a certificate by someone trusted, in whatever name.
    Certified,
    /// Whoever has one in the name that was asked for.
    Named,
}

impl Secured {
    /// Without TLS.
    pub fn plain() -> Self {
        Self(None)
    }

    /// With TLS; `roots` are trusted beside the usual ones.
    ///
    /// # Errors
    /// A certificate among `roots` that cannot be read.
    pub fn by(trust: Trust, roots: &[CertificateDer<'static>]) -> Result<Self, DbErr> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let tls = tls.with_safe_default_protocol_versions().map_err(fault)?;
        let verifier = verifier(trust, roots, provider)?;
        let tls = tls.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        Ok(Self(Some(MakeRustlsConnect::new(tls.with_no_client_auth()))))
    }

    /// Connects; the task ends when the client is gone and the server has answered everything.
    ///
    /// # Errors
    /// The database does not answer, or not as it should.
    pub async fn connect(&self, config: &Config) -> Result<(Client, JoinHandle<()>), DbErr> {
        match &self.0 {
            None => {
                let (client, connection) = config.connect(NoTls).await.map_err(fault)?;
                Ok((client, tokio::spawn(async { drop(connection.await) })))
            }
            Some(tls) => {
                let (client, connection) = config.connect(tls.clone()).await.map_err(fault)?;
                Ok((client, tokio::spawn(async { drop(connection.await) })))
            }
        }
    }

    /// Asks the server to end the statement that runs on a connection.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn cancel(&self, token: &CancelToken) -> Result<(), DbErr> {
        match &self.0 {
            None => token.cancel_query(NoTls).await.map_err(fault),
            Some(tls) => token.cancel_query(tls.clone()).await.map_err(fault),
        }
    }
}

fn verifier(
    trust: Trust,
    roots: &[CertificateDer<'static>],
    provider: Arc<CryptoProvider>,
) -> Result<Verifier, DbErr> {
    let named = trust == Trust::Named;
    if trust == Trust::Anybody {
        return Ok(Verifier { authorities: None, named, provider });
    }
    let mut trusted = RootCertStore::empty();
    trusted.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for root in roots {
        trusted.add(root.clone()).map_err(fault)?;
    }
    let authorities =
        WebPkiServerVerifier::builder_with_provider(Arc::new(trusted), Arc::clone(&provider));
    let authorities = Some(authorities.build().map_err(fault)?);
    Ok(Verifier { authorities, named, provider })
}

/// The certificates of a PEM text.
///
/// # Errors
/// It is none.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, DbErr> {
    CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(fault)
}

/// Looks at a certificate as far as was asked; signatures must be right in any case.
#[derive(Debug)]
struct Verifier {
    /// Who says whose certificate it is, and by whom; whoever answers is believed without.
    authorities: Option<Arc<WebPkiServerVerifier>>,
    /// Whether it must be in the name that was asked for.
    named: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        use rustls::Error::InvalidCertificate;
        let Some(authorities) = &self.authorities else {
            return Ok(ServerCertVerified::assertion());
        };
        // The name is looked at last.
        match authorities.verify_server_cert(certificate, between, name, ocsp, now) {
            Err(InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.named => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on must fail")]
mod tests {
    use std::time::Duration;

    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

    use super::*;

    /// Whether a certificate for `db.example` is taken from whoever was asked for as `name`, signed
    /// by someone trusted or not.
    fn taken(trust: Trust, name: &'static str, signed: bool) -> bool {
        let authority = || {
            let mut params = CertificateParams::new([]).expect("an authority");
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"))
                .expect("an authority signs itself")
        };
        let (trusted, other) = (authority(), authority());
        let params = CertificateParams::new(["db.example".to_owned()]).expect("a certificate");
        let key = KeyPair::generate().expect("a key");
        let by = if signed { &trusted } else { &other };
        let certificate = params.signed_by(&key, by).expect("it is signed");

        let roots = certificates(trusted.pem().as_bytes()).expect("PEM");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = verifier(trust, &roots, provider).expect("a verifier");
        let name = ServerName::try_from(name).expect("a name");
        let now = UnixTime::since_unix_epoch(Duration::from_secs(1_790_000_000));
        verifier.verify_server_cert(certificate.der(), &[], &name, &[], now).is_ok()
    }

    #[test]
    fn a_certificate_is_taken_by_its_signer_and_its_name_as_far_as_is_asked() {
        for (trust, name, signed, expected) in [
            (Trust::Anybody, "other.example", false, true),
            (Trust::Certified, "other.example", true, true),
            (Trust::Certified, "db.example", false, false),
            (Trust::Named, "db.example", true, true),
            (Trust::Named, "other.example", true, false),
            (Trust::Named, "db.example", false, false),
        ] {
            assert_eq!(taken(trust, name, signed), expected, "{trust:?} {name} {signed}");
        }
    }
}
