//! Return paths that tell which message came back (VERP): the envelope sender of each message holds
//! its id and a seal, so that a bounce without its headers still names it, and nobody else can make
//! one up.
//!
//! `bounces+<32 hex of the id>-<16 hex of the seal>@example.org`: hex and no other letters, since
//! mail systems on the way may change the case.

use std::fmt::Write as _;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use uuid::Uuid;

/// Where the token goes in the setting.
const PLACE: &str = "{token}";
/// Bytes of the seal: enough that guessing one through a mailbox is hopeless.
const SEAL: usize = 8;
/// Longest part before the `@` that every mail server takes (RFC 5321).
const LONGEST_LOCAL_PART: usize = 64;
/// Length of a token: 16 bytes of id, a hyphen and the seal, in hex.
const TOKEN: usize = 32 + 1 + 2 * SEAL;

/// An address with a place for the token, such as `bounces+{token}@example.org`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPath {
    before: String,
    after: String,
}

impl ReturnPath {
    /// Reads the setting; none when the text has not one place for the token, before one `@`, or
    /// leaves too little room for it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (before, after) = text.split_once(PLACE)?;
        let (rest, domain) = after.split_once('@')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "+-._=".contains(c);
        let local = before.len() + TOKEN + rest.len();
        let usable = before.starts_with(|c: char| c.is_ascii_alphanumeric())
            && before.chars().chain(rest.chars()).all(plain)
            && !domain.is_empty()
            && domain.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
            && local <= LONGEST_LOCAL_PART;
        usable.then(|| Self { before: before.to_owned(), after: after.to_owned() })
    }

    /// The return path of a message.
    #[must_use]
    pub fn of(&self, secret: &[u8], message: Uuid) -> String {
        format!("{}{}{}", self.before, token(secret, message), self.after)
    }

    /// The message that an address is the return path of; none when it is none of ours. Upper and
    /// lower case count alike. The seal is compared in constant time.
    #[must_use]
    pub fn message(&self, secret: &[u8], address: &str) -> Option<Uuid> {
        let address = address.trim().to_ascii_lowercase();
        let rest = address.strip_prefix(&self.before.to_ascii_lowercase())?;
        let token = rest.strip_suffix(&self.after.to_ascii_lowercase())?;
        opened(secret, token)
    }
}

/// The token of a message: its id and a seal.
#[must_use]
pub fn token(secret: &[u8], message: Uuid) -> String {
    let mut token = format!("{}-", message.simple());
    for byte in &mac(secret, message).finalize().into_bytes()[..SEAL] {
        // Writing into a string cannot fail.
        let _ = write!(token, "{byte:02x}");
    }
    token
}

/// The message a token is for; none when it is none of ours.
#[must_use]
pub fn opened(secret: &[u8], token: &str) -> Option<Uuid> {
    let (id, seal) = token.split_once('-')?;
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if id.len() != 32 || seal.len() != 2 * SEAL || !hex(id) || !hex(seal) {
        return None;
    }
    let message = Uuid::try_parse(id).ok()?;
    let mut given = [0; SEAL];
    for (byte, digits) in given.iter_mut().zip(seal.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    mac(secret, message).verify_truncated_left(&given).ok()?;
    Some(message)
}

fn mac(secret: &[u8], message: Uuid) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length");
    // No content of a link begins like this, so that no seal of one serves as one of the other.
    mac.update(b"return-path:");
    mac.update(message.as_bytes());
    mac
}
