//! Messages to all of a hub's partners: who gets one, and the token without which none goes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::suppression::SuppressionReason;
use crate::people::ContactRole;

/// Longest subject, in characters.
pub const LONGEST_SUBJECT: usize = 150;
/// Longest text, in characters.
pub const LONGEST_TEXT: usize = 10_000;
/// How long a preview can be sent.
pub const PREVIEW_LASTS: TimeDelta = TimeDelta::minutes(30);
/// How long a bulletin may wait for its readers' working hours, and for a mail server, before it is
/// old news: longer than most holidays.
pub const STAYS: TimeDelta = TimeDelta::days(21);

/// Somebody at a partner of the hub.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The person.
    pub person_id: Uuid,
    /// The partner.
    pub setting_id: Uuid,
    /// What they are there.
    pub role: ContactRole,
    /// Whether the partner takes part at present.
    pub active: bool,
    /// Whether they take mail that is no duty.
    pub takes_optional: bool,
    /// Why no mail goes to their address, if none does.
    pub suppressed: Option<SuppressionReason>,
}

/// Whom a bulletin goes to, and whom not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// Who gets it, each person once, with the partner they get it for.
    pub recipients: Vec<(Uuid, Uuid)>,
    /// Who does not, each person once, with the partner and the reason.
    pub excluded: Vec<(Uuid, Uuid, String)>,
}

/// Sorts the people at a hub's partners by whether they get a bulletin. Somebody at several partners
/// gets it once, if any reason to get it holds; `roles` are those the programme writes to.
#[must_use]
pub fn audience(candidates: &[Candidate], roles: &[ContactRole]) -> Audience {
    let mut sorted: Vec<&Candidate> = candidates.iter().collect();
    sorted.sort_by_key(|one| (one.person_id, one.setting_id, <&str>::from(one.role)));
    let mut audience = Audience::default();
    for of_person in sorted.chunk_by(|one, other| one.person_id == other.person_id) {
        let reasons: Vec<_> = of_person.iter().map(|one| (one, why_not(one, roles))).collect();
        let gets = reasons.iter().find(|(_, why)| why.is_none());
        match (gets, reasons.first()) {
            (Some((one, _)), _) => audience.recipients.push((one.person_id, one.setting_id)),
            (None, Some((one, why))) => {
                let why = why.clone().unwrap_or_default();
                audience.excluded.push((one.person_id, one.setting_id, why));
            }
            (None, None) => {}
        }
    }
    audience
}

/// Why somebody gets no bulletin for one partner, in a sentence.
fn why_not(one: &Candidate, roles: &[ContactRole]) -> Option<String> {
    if !one.active {
        return Some("Their school does not take part at present.".to_owned());
    }
    if !roles.contains(&one.role) {
        return Some("The programme does not write to people in their role.".to_owned());
    }
    if let Some(reason) = one.suppressed {
        return Some(reason.kept_back());
    }
    (!one.takes_optional).then(|| "They chose to get no mail that is not a duty.".to_owned())
}

/// What is wrong with a subject or a text, as field and sentence.
#[must_use]
pub fn faults(subject: &str, text: &str) -> Option<(&'static str, String)> {
    let subject = subject.trim();
    if subject.is_empty() {
        return Some(("subject", "Say in a few words what it is about.".to_owned()));
    }
    if subject.chars().count() > LONGEST_SUBJECT {
        let message = format!("The subject can have at most {LONGEST_SUBJECT} characters.");
        return Some(("subject", message));
    }
    if subject.chars().any(char::is_control) {
        return Some(("subject", "The subject is one line of plain text.".to_owned()));
    }
    if text.trim().is_empty() {
        return Some(("text", "Write what it says.".to_owned()));
    }
    if text.chars().count() > LONGEST_TEXT {
        let message = format!("The text can have at most {LONGEST_TEXT} characters.");
        return Some(("text", message));
    }
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    text.chars().any(odd).then(|| ("text", "The text is plain text.".to_owned()))
}

/// All that a preview showed, in a hash: of which sending (`what` and the id of its subject), to whom,
/// and what it says.
#[must_use]
pub fn fingerprint(what: &str, of: Uuid, audience: &Audience, subject: &str, text: &str) -> String {
    let mut hash = Sha256::new();
    for part in [what, subject, text] {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.update(of.as_bytes());
    for (person, setting) in &audience.recipients {
        hash.update(person.as_bytes());
        hash.update(setting.as_bytes());
    }
    format!("{:x}", hash.finalize())
}

/// Why a preview's token lets nothing go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// Not one of ours, or another person's, or of something else than is to be sent now.
    Differs,
    /// Genuine, and too old.
    Expired,
}

/// The token of a preview: what was shown to whom, and until when it can be sent.
#[must_use]
pub fn seal(secret: &[u8], fingerprint: &str, by: Uuid, until: DateTime<Utc>) -> String {
    let until = until.timestamp().to_be_bytes();
    let seal = mac(secret, fingerprint, by, until).finalize().into_bytes();
    URL_SAFE_NO_PAD.encode([until.as_slice(), seal.as_slice()].concat())
}

/// Whether a token lets go what has this fingerprint now.
///
/// # Errors
/// It does not, and why.
pub fn check(
    secret: &[u8],
    token: &str,
    fingerprint: &str,
    by: Uuid,
    now: DateTime<Utc>,
) -> Result<(), TokenFault> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenFault::Differs)?;
    let (until, seal) = bytes.split_first_chunk::<8>().ok_or(TokenFault::Differs)?;
    let mac = mac(secret, fingerprint, by, *until);
    mac.verify_slice(seal).map_err(|_| TokenFault::Differs)?;
    if now.timestamp() >= i64::from_be_bytes(*until) {
        return Err(TokenFault::Expired);
    }
    Ok(())
}

/// What is noted of a token once something was sent by it.
#[must_use]
pub fn used(token: &str) -> String {
    format!("{:x}", Sha256::digest(token))
}

fn mac(secret: &[u8], fingerprint: &str, by: Uuid, until: [u8; 8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length");
    // No other content that is signed begins like this.
    mac.update(b"preview:");
    mac.update(fingerprint.as_bytes());
    mac.update(by.as_bytes());
    mac.update(&until);
    mac
}
