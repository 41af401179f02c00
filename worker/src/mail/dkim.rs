//! Signing mails (DKIM, RFC 6376), so that whoever gets them can tell that they are ours.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::Message;
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm,
    DkimSigningKey,
};
use lettre::message::header::{HeaderName, HeaderValue};
use rsa::RsaPrivateKey;
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _, LineEnding};
use rsa::pkcs8::{DecodePrivateKey as _, ObjectIdentifier, PrivateKeyInfo, SecretDocument};
use rsa::traits::PublicKeyParts as _;
use runtime::config::MailConfig;

/// Headers that are signed. One that a mail has not is signed as absent: nobody can add it.
const HEADERS: [&str; 13] = [
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Content-Type",
    "Auto-Submitted",
    "In-Reply-To",
    "References",
];
/// Bits of the weakest key that receivers take (RFC 8301).
const WEAKEST: usize = 1024;
/// What Ed25519 keys are called (RFC 8410).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// What signs mails.
#[derive(Debug)]
pub struct Signer(DkimConfig);

impl Signer {
    /// As the settings say; none where they name no domain.
    ///
    /// # Errors
    /// A key that cannot be used, by the name of its setting and without repeating it.
    pub fn of(config: &MailConfig) -> anyhow::Result<Option<Self>> {
        if config.dkim_domain.is_empty() {
            return Ok(None);
        }
        let key =
            key(config.dkim_key.expose()).context("the setting mail.dkim_key cannot be used")?;
        let headers = HEADERS.map(HeaderName::new_from_ascii_str).to_vec();
        // Relaxed: a mail server on the way may fold a line otherwise.
        let canonicalization = DkimCanonicalization {
            header: DkimCanonicalizationType::Relaxed,
            body: DkimCanonicalizationType::Relaxed,
        };
        let (selector, domain) = (config.dkim_selector.clone(), config.dkim_domain.clone());
        Ok(Some(Self(DkimConfig::new(selector, domain, key, headers, canonicalization))))
    }

    /// Signs a mail that is otherwise finished. The moment in the signature (`t=`) is the machine's,
    /// whatever clock the worker goes by: the library takes no other. It is stored with the bytes,
    /// so that a mail sent again has the same.
    pub fn sign(&self, mail: &mut Message) {
        // The library keeps the type of a mail of several parts with the parts, out of the sight of
        // what signs: so a twin is signed that has it among its headers.
        let mut twin = mail.clone();
        if let Some(value) = content_type(&String::from_utf8_lossy(&mail.formatted())) {
            let name = HeaderName::new_from_ascii_str("Content-Type");
            let header = HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value);
            twin.headers_mut().insert_raw(header);
        }
        twin.sign(&self.0);
        if let Some(signature) = twin.headers().get_raw("DKIM-Signature") {
            let name = HeaderName::new_from_ascii_str("DKIM-Signature");
            mail.headers_mut().insert_raw(HeaderValue::new(name, signature.to_owned()));
        }
    }
}

/// The value of the header of that name, folded as it stands there.
fn content_type(mail: &str) -> Option<String> {
    let (headers, _) = mail.split_once("\r\n\r\n")?;
    let mut lines = headers.split("\r\n");
    let first = lines.find_map(|line| line.strip_prefix("Content-Type: "))?;
    let rest = lines.take_while(|line| line.starts_with([' ', '\t']));
    Some(rest.fold(first.to_owned(), |value, line| value + "\r\n" + line))
}

/// Reads a private key, RSA in either of the forms that programs write or Ed25519, from the text or
/// from the file it names.
fn key(setting: &str) -> anyhow::Result<DkimSigningKey> {
    let pem = if setting.trim_start().starts_with("-----BEGIN") {
        setting.to_owned()
    } else {
        std::fs::read_to_string(setting).context("its file cannot be read")?
    };
    if let Some(seed) = ed25519(&pem) {
        let seed = STANDARD.encode(seed);
        return DkimSigningKey::new(&seed, DkimSigningAlgorithm::Ed25519).context("it cannot sign");
    }
    let key = RsaPrivateKey::from_pkcs8_pem(&pem)
        .ok()
        .or_else(|| RsaPrivateKey::from_pkcs1_pem(&pem).ok())
        .context("it holds no private RSA or Ed25519 key as PEM")?;
    anyhow::ensure!(key.size() * 8 >= WEAKEST, "it is shorter than {WEAKEST} bits");
    let pem = key.to_pkcs1_pem(LineEnding::LF).context("it cannot be written as PKCS#1")?;
    DkimSigningKey::new(&pem, DkimSigningAlgorithm::Rsa).context("it cannot sign")
}

/// The secret of an Ed25519 key in PKCS#8 (RFC 8410), if it is one.
fn ed25519(pem: &str) -> Option<[u8; 32]> {
    let (_, document) = SecretDocument::from_pem(pem).ok()?;
    let key = PrivateKeyInfo::try_from(document.as_bytes()).ok()?;
    // Its octets stand in octets: a tag, their number, and they.
    let secret = key.private_key.strip_prefix(&[0x04, 32])?;
    (key.algorithm.oid == ED25519).then(|| secret.try_into().ok()).flatten()
}
