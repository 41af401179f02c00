//! Signing mails (DKIM, RFC 6376), so that whoever gets them can tell that they are ours.
//!
//! The mail library signs by the machine's time and no other, and does not see the type of a mail of
//! several parts: so the bytes are signed here, as they go out.

mod canonical;

use std::fmt;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use ed25519_dalek::{Signer as _, SigningKey};
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs8::{DecodePrivateKey as _, ObjectIdentifier, PrivateKeyInfo, SecretDocument};
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use runtime::config::MailConfig;
use sha2::{Digest as _, Sha256};

/// Headers that are signed, each as if there were one more of it than there is: nobody can add one, be
/// it the first or put before another that readers would see instead.
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

/// Characters of the signature in a line of its header.
const LINE: usize = 72;

/// What signs mails.
pub struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

enum Key {
    Rsa(Box<RsaPrivateKey>),
    Ed25519(Box<SigningKey>),
}

// A key never gets into a log by way of what holds it.
impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Signer({}._domainkey.{})", self.selector, self.domain)
    }
}

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
        let (selector, domain) = (config.dkim_selector.clone(), config.dkim_domain.clone());
        Ok(Some(Self { domain, selector, key }))
    }

    /// The bytes of a finished mail with a signature made at `now` before them. It is stored with
    /// them, so that a mail sent again has the same.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn sign(&self, mail: &[u8], now: DateTime<Utc>) -> Result<Vec<u8>, rsa::Error> {
        let (headers, body) = canonical::parts(mail);
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let names = HEADERS.join(":").to_lowercase();
        // Relaxed: a mail server on the way may fold a line otherwise.
        let unsigned = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={};\r\n s={}; t={};\r\n h={names}:\r\n {names};\r\n bh={};\r\n b=",
            self.domain,
            self.selector,
            now.timestamp(),
            STANDARD.encode(Sha256::digest(canonical::body(body))),
        );
        let signed = HEADERS.iter().filter_map(|name| canonical::header(headers, name));
        let signed: Vec<u8> = signed.flatten().collect();
        let own = canonical::line("DKIM-Signature", unsigned.as_bytes());
        let own = own.strip_suffix(b"\r\n").unwrap_or(&own);
        let digest = Sha256::new().chain_update(signed).chain_update(own).finalize();
        let signature = match &self.key {
            Key::Rsa(key) => key.sign(Pkcs1v15Sign::new::<Sha256>(), &digest)?,
            Key::Ed25519(key) => key.sign(&digest).to_vec(),
        };
        let mut written = format!("DKIM-Signature: {unsigned}").into_bytes();
        for line in STANDARD.encode(signature).as_bytes().chunks(LINE) {
            if !written.ends_with(b"b=") {
                written.extend_from_slice(b"\r\n ");
            }
            written.extend_from_slice(line);
        }
        written.extend_from_slice(b"\r\n");
        written.extend_from_slice(mail);
        Ok(written)
    }
}

/// Reads a private key, RSA in either of the forms that programs write or Ed25519, from the text or
/// from the file it names.
fn key(setting: &str) -> anyhow::Result<Key> {
    let pem = if setting.trim_start().starts_with("-----BEGIN") {
        setting.to_owned()
    } else {
        std::fs::read_to_string(setting).context("its file cannot be read")?
    };
    if let Some(secret) = ed25519(&pem) {
        return Ok(Key::Ed25519(Box::new(SigningKey::from_bytes(&secret))));
    }
    let key = RsaPrivateKey::from_pkcs8_pem(&pem)
        .ok()
        .or_else(|| RsaPrivateKey::from_pkcs1_pem(&pem).ok())
        .context("it holds no private RSA or Ed25519 key as PEM")?;
    anyhow::ensure!(key.size() * 8 >= WEAKEST, "it is shorter than {WEAKEST} bits");
    Ok(Key::Rsa(Box::new(key)))
}

/// The secret of an Ed25519 key in PKCS#8 (RFC 8410), if it is one.
fn ed25519(pem: &str) -> Option<[u8; 32]> {
    let (_, document) = SecretDocument::from_pem(pem).ok()?;
    let key = PrivateKeyInfo::try_from(document.as_bytes()).ok()?;
    // Its octets stand in octets: a tag, their number, and they.
    let secret = key.private_key.strip_prefix(&[0x04, 32])?;
    (key.algorithm.oid == ED25519).then(|| secret.try_into().ok()).flatten()
}
