//! What a preview showed, sealed into a token without which nothing goes to many; and, when the token
//! does not let something go, what is not as it was shown.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::bulletin::Audience;

/// How long a preview can be sent.
pub const PREVIEW_LASTS: TimeDelta = TimeDelta::minutes(30);
/// Most recipients a token holds a mark of each of, to tell how many came and went: what is sent back
/// has to fit into a request.
const MOST_MARKED: usize = 5_000;
/// Bytes of a mark.
const MARK: usize = 4;
/// Bytes of a digest, and of the seal.
const DIGEST: usize = 32;
/// Bytes before the marks: the expiry, the person, and digests of the sending, its words and its
/// recipients.
const HEAD: usize = 8 + 16 + 3 * DIGEST;

/// What goes to many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// A message to the partners of this hub.
    Bulletin(Uuid),
    /// The letters of this campaign.
    Launch(Uuid),
}

/// All that a preview shows.
#[derive(Clone, Copy, Debug)]
pub struct Preview<'a> {
    /// What goes.
    pub sending: Sending,
    /// What it says: a bulletin's subject and text, a campaign's title and version.
    pub words: [&'a str; 2],
    /// To whom.
    pub audience: &'a Audience,
}

/// Why a preview's token lets nothing go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// Not one of ours.
    Unknown,
    /// Of something else that goes to many.
    OtherSending,
    /// Somebody else looked at the preview.
    OtherPerson,
    /// Genuine, and too old.
    Expired,
    /// It would say something else.
    OtherWords,
    /// It would go to others: so many get it no more, so many do now; both none when that is not
    /// known, since there are too many.
    OtherRecipients {
        /// Those who would get it no more.
        fewer: usize,
        /// Those who would get it now.
        more: usize,
    },
}

impl TokenFault {
    /// What is not as it was shown, and what to do, for whoever wanted to send.
    #[must_use]
    pub fn told(self, sending: Sending) -> String {
        let what = match (self, sending) {
            (Self::Unknown, _) => "This is not the token of a preview".to_owned(),
            (Self::OtherSending, Sending::Bulletin(_)) => {
                "The preview is not of a message to this hub's partners".to_owned()
            }
            (Self::OtherSending, Sending::Launch(_)) => {
                "The preview is not of this campaign".to_owned()
            }
            (Self::OtherPerson, _) => "The preview was made by somebody else".to_owned(),
            (Self::Expired, _) => format!(
                "The preview is no longer valid: it is older than {} minutes",
                PREVIEW_LASTS.num_minutes()
            ),
            (Self::OtherWords, Sending::Bulletin(_)) => {
                "The subject or the text is another than the preview showed".to_owned()
            }
            (Self::OtherWords, Sending::Launch(_)) => {
                "The campaign was changed since the preview".to_owned()
            }
            (Self::OtherRecipients { fewer, more }, _) => others(fewer, more),
        };
        format!("{what}. Look at a new one, then send it.")
    }
}

/// How the recipients have changed.
fn others(fewer: usize, more: usize) -> String {
    let gone = format!("{fewer} would get it no more");
    let new = format!("{more} would get it who did not");
    let changed = match (fewer, more) {
        (0, 0) => return "Others would get it than the preview showed".to_owned(),
        (_, 0) => gone,
        (0, _) => new,
        _ => format!("{gone}, {new}"),
    };
    format!("Others would get it than the preview showed: {changed}")
}

/// The token of a preview: what was shown to whom, and until when it can be sent. It is readable and
/// cannot be made without the secret; it holds digests, no names and no words.
#[must_use]
pub fn seal(secret: &[u8], shown: &Preview<'_>, by: Uuid, until: DateTime<Utc>) -> String {
    let mut bytes = Vec::with_capacity(HEAD + DIGEST);
    bytes.extend(until.timestamp().to_be_bytes());
    bytes.extend(by.as_bytes());
    bytes.extend(sending(shown));
    bytes.extend(words(shown));
    bytes.extend(recipients(shown));
    if shown.audience.recipients.len() <= MOST_MARKED {
        bytes.extend(marks(shown).as_flattened());
    }
    let seal = mac(secret, &bytes).finalize().into_bytes();
    bytes.extend(seal);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is noted of a token once something was sent by it.
#[must_use]
pub fn used(token: &str) -> String {
    format!("{:x}", Sha256::digest(token))
}

/// Whether a token lets go what is to be sent now.
///
/// # Errors
/// It does not, and why.
pub fn check(
    secret: &[u8],
    token: &str,
    as_now: &Preview<'_>,
    by: Uuid,
    now: DateTime<Utc>,
) -> Result<(), TokenFault> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenFault::Unknown)?;
    let (sealed, seal) = bytes.split_last_chunk::<DIGEST>().ok_or(TokenFault::Unknown)?;
    mac(secret, sealed).verify_slice(seal).map_err(|_| TokenFault::Unknown)?;
    let read = Read::of(sealed).ok_or(TokenFault::Unknown)?;
    if read.sending != sending(as_now) {
        return Err(TokenFault::OtherSending);
    }
    if read.by != *by.as_bytes() {
        return Err(TokenFault::OtherPerson);
    }
    if now.timestamp() >= i64::from_be_bytes(read.until) {
        return Err(TokenFault::Expired);
    }
    if read.words != words(as_now) {
        return Err(TokenFault::OtherWords);
    }
    if read.recipients != recipients(as_now) {
        return Err(read.others(as_now));
    }
    Ok(())
}

/// What a genuine token holds.
struct Read<'a> {
    until: [u8; 8],
    by: [u8; 16],
    sending: [u8; DIGEST],
    words: [u8; DIGEST],
    recipients: [u8; DIGEST],
    marks: &'a [[u8; MARK]],
}

impl<'a> Read<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let (until, bytes) = bytes.split_first_chunk()?;
        let (by, bytes) = bytes.split_first_chunk()?;
        let (sending, bytes) = bytes.split_first_chunk()?;
        let (words, bytes) = bytes.split_first_chunk()?;
        let (recipients, bytes) = bytes.split_first_chunk()?;
        let (until, by, marks) = (*until, *by, bytes.as_chunks().0);
        let (sending, words, recipients) = (*sending, *words, *recipients);
        Some(Self { until, by, sending, words, recipients, marks })
    }

    /// How the recipients differ from those to whom it would go now.
    fn others(&self, as_now: &Preview<'_>) -> TokenFault {
        let now = marks(as_now);
        if now.len() > MOST_MARKED || self.marks.is_empty() {
            return TokenFault::OtherRecipients { fewer: 0, more: 0 };
        }
        let fewer = self.marks.iter().filter(|mark| now.binary_search(mark).is_err()).count();
        let more = now.iter().filter(|mark| self.marks.binary_search(mark).is_err()).count();
        TokenFault::OtherRecipients { fewer, more }
    }
}

/// Of which sending it is.
fn sending(shown: &Preview<'_>) -> [u8; DIGEST] {
    let (kind, of) = match shown.sending {
        Sending::Bulletin(hub) => ("bulletin", hub),
        Sending::Launch(campaign) => ("campaign", campaign),
    };
    digest(&[kind.as_bytes(), of.as_bytes()])
}

fn words(shown: &Preview<'_>) -> [u8; DIGEST] {
    digest(&shown.words.map(str::as_bytes))
}

fn recipients(shown: &Preview<'_>) -> [u8; DIGEST] {
    let ids = shown.audience.recipients.iter().flat_map(|(person, setting)| [person, setting]);
    digest(&ids.map(|id| &id.as_bytes()[..]).collect::<Vec<_>>())
}

/// A mark of each recipient, in order: enough to tell who came and went, too little to say who.
fn marks(shown: &Preview<'_>) -> Vec<[u8; MARK]> {
    let mark = |(person, setting): &(Uuid, Uuid)| {
        let whole = digest(&[person.as_bytes(), setting.as_bytes()]);
        whole.first_chunk().copied().unwrap_or_default()
    };
    let mut marks: Vec<[u8; MARK]> = shown.audience.recipients.iter().map(mark).collect();
    marks.sort_unstable();
    marks
}

/// A hash of parts that tells where each ends.
fn digest(parts: &[&[u8]]) -> [u8; DIGEST] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn mac(secret: &[u8], sealed: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length");
    // No other content that is signed begins like this.
    mac.update(b"preview:");
    mac.update(sealed);
    mac
}
