//! Links in mails: what one allows, sealed so that it cannot be made up or changed.
//!
//! A token is a few dozen bytes in base64url: version, purpose, person, the id of what it is for and
//! the revision its mail told of, where it is for one thing, the last day it works, and the first half
//! of an HMAC-SHA256 over all of that. Nothing is kept about it, so whether its person still has the
//! right it stands for is asked when it is used.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, Utc};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use uuid::Uuid;

use crate::calendar::local;

/// Days for which a link in a mail works, the day of the mail not counted.
const VALID_DAYS: u64 = 60;

/// First byte of every token, raised when its layout changes.
const VERSION: u8 = 1;
/// Bytes of the seal: 128 bits, so that the link stays short enough to be trusted.
const SEAL: usize = 16;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// See this obligation and report it done.
    Obligation(Uuid),
    /// Answer a survey, by this personal invitation. It works until the answers are sent.
    Survey(Uuid),
    /// See this visit, agree to its time or name another.
    Visit(Uuid, Told),
    /// See this booking and its event, and give places up.
    Booking(Uuid, Told),
    /// Choose which mails to receive, and when.
    Preferences,
}

/// Which revision of something a mail told of, so that the page its link opens can say that it changed
/// since. Two bytes of it: revisions begin at 0 and are few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told(u16);

impl Told {
    /// Of this revision.
    #[must_use]
    pub fn of(revision: i32) -> Self {
        Self(u16::try_from(revision).unwrap_or(u16::MAX))
    }
}

/// What a link allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// For what.
    pub purpose: Purpose,
    /// To whom it was mailed; whoever uses it acts as this person.
    pub person_id: Uuid,
    /// Last London day on which it works.
    pub last_day: NaiveDate,
}

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// Not a token of ours: cut short, changed, or made up.
    #[error("the link is not one of ours")]
    Garbled,
    /// Genuine, and its last day has passed.
    #[error("the link has expired")]
    Expired,
}

impl Link {
    /// A link mailed at `now`.
    #[must_use]
    pub fn mailed(purpose: Purpose, person_id: Uuid, now: DateTime<Utc>) -> Self {
        let today = local(now).date();
        Self {
            purpose,
            person_id,
            last_day: today.checked_add_days(chrono::Days::new(VALID_DAYS)).unwrap_or(today),
        }
    }

    /// The same link, made to work to the end of `day` if it would not otherwise.
    #[must_use]
    pub fn at_least_until(self, day: NaiveDate) -> Self {
        Self { last_day: self.last_day.max(day), ..self }
    }

    /// Its token: letters, digits, `-` and `_`.
    #[must_use]
    pub fn seal(&self, secret: &[u8]) -> String {
        let (letter, id, told) = match self.purpose {
            Purpose::Obligation(id) => (b'o', Some(id), None),
            Purpose::Survey(id) => (b's', Some(id), None),
            Purpose::Visit(id, told) => (b'v', Some(id), Some(told)),
            Purpose::Booking(id, told) => (b'b', Some(id), Some(told)),
            Purpose::Preferences => (b'p', None, None),
        };
        let mut bytes = vec![VERSION, letter];
        bytes.extend(self.person_id.as_bytes());
        bytes.extend(id.iter().flat_map(Uuid::as_bytes));
        bytes.extend(told.iter().flat_map(|told| told.0.to_be_bytes()));
        bytes.extend(day_number(self.last_day).to_be_bytes());
        let seal = mac(secret, &bytes).finalize().into_bytes();
        bytes.extend(&seal[..SEAL]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a token as of `now`. The seal is compared in constant time.
    ///
    /// # Errors
    /// The token is not one of ours, or its last day has passed.
    pub fn open(secret: &[u8], token: &str, now: DateTime<Utc>) -> Result<Self, LinkFault> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| LinkFault::Garbled)?;
        let content = bytes.len().checked_sub(SEAL).ok_or(LinkFault::Garbled)?;
        let (content, seal) = bytes.split_at(content);
        mac(secret, content).verify_truncated_left(seal).map_err(|_| LinkFault::Garbled)?;
        let link = read(content).ok_or(LinkFault::Garbled)?;
        if local(now).date() > link.last_day {
            return Err(LinkFault::Expired);
        }
        Ok(link)
    }
}

/// The token of the link that signs somebody in, made of the id of its row alone: it need not be
/// kept, whoever mails it works it out. 256 bits in base64url.
#[must_use]
pub fn sign_in_token(secret: &[u8], link_id: Uuid) -> String {
    // No other content begins like this: that of the links above begins with their version.
    let content = [b"sign-in:".as_slice(), link_id.as_bytes()].concat();
    URL_SAFE_NO_PAD.encode(mac(secret, &content).finalize().into_bytes())
}

/// A value by which requests are counted, such as an address, so that nobody can read it back.
#[must_use]
pub fn counted(secret: &[u8], what: &str, value: &str) -> String {
    let content = format!("counted:{what}:{value}");
    URL_SAFE_NO_PAD.encode(mac(secret, content.as_bytes()).finalize().into_bytes())
}

/// Days since 1970 in two bytes: enough until 2149, and a day beyond means "already over".
fn day_number(day: NaiveDate) -> u16 {
    u16::try_from((day - NaiveDate::default()).num_days()).unwrap_or(0)
}

fn mac(secret: &[u8], content: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length");
    mac.update(content);
    mac
}

/// The sealed part, or nothing if it is of another layout.
fn read(content: &[u8]) -> Option<Link> {
    let (head, rest) = content.split_first_chunk::<2>()?;
    let (person, rest) = rest.split_first_chunk::<16>()?;
    let (rest, day) = rest.split_last_chunk::<2>()?;
    let (id, told) = match rest.split_first_chunk::<16>() {
        Some((id, told)) => (Some(Uuid::from_bytes(*id)), told),
        None => (None, rest),
    };
    let purpose = match (head, id, told) {
        ([VERSION, b'o'], Some(id), []) => Purpose::Obligation(id),
        ([VERSION, b's'], Some(id), []) => Purpose::Survey(id),
        ([VERSION, b'v'], Some(id), [high, low]) => Purpose::Visit(id, read_told(*high, *low)),
        ([VERSION, b'b'], Some(id), [high, low]) => Purpose::Booking(id, read_told(*high, *low)),
        ([VERSION, b'p'], None, []) => Purpose::Preferences,
        _ => return None,
    };
    let last_day = NaiveDate::default()
        .checked_add_days(chrono::Days::new(u16::from_be_bytes(*day).into()))?;
    Some(Link { purpose, person_id: Uuid::from_bytes(*person), last_day })
}

fn read_told(high: u8, low: u8) -> Told {
    Told(u16::from_be_bytes([high, low]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"a secret of some length for tests";

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap_or_default()
    }

    fn link(purpose: Purpose) -> Link {
        Link::mailed(purpose, Uuid::from_u128(7), at("2026-10-05T07:00:00Z"))
    }

    #[test]
    fn a_link_says_again_what_was_sealed() {
        let id = Uuid::from_u128(9);
        let told = Told::of(3);
        for purpose in [
            Purpose::Obligation(id),
            Purpose::Survey(id),
            Purpose::Visit(id, told),
            Purpose::Booking(id, told),
            Purpose::Preferences,
        ] {
            let sealed = link(purpose);
            let token = sealed.seal(SECRET);
            assert_eq!(Link::open(SECRET, &token, at("2026-10-06T07:00:00Z")), Ok(sealed));
            assert!(token.len() <= 72, "{token}");
        }
    }

    #[test]
    fn a_link_works_to_the_end_of_its_last_london_day() {
        let token = link(Purpose::Preferences).seal(SECRET);
        let last = at("2026-12-04T23:59:59Z");
        assert!(Link::open(SECRET, &token, last).is_ok());
        let over = Link::open(SECRET, &token, last + chrono::TimeDelta::seconds(1));
        assert_eq!(over, Err(LinkFault::Expired));
    }

    #[test]
    fn a_link_works_until_what_it_is_about_is_over() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap_or_default();
        let usual = link(Purpose::Preferences);
        assert_eq!(usual.at_least_until(day("2026-10-19")).last_day, day("2026-12-04"));
        assert_eq!(usual.at_least_until(day("2027-03-01")).last_day, day("2027-03-01"));
    }

    #[test]
    fn a_link_changed_in_any_byte_is_refused() {
        let now = at("2026-10-06T07:00:00Z");
        let token = link(Purpose::Obligation(Uuid::from_u128(9))).seal(SECRET);
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap_or_default();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let changed = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(Link::open(SECRET, &changed, now), Err(LinkFault::Garbled));
        }
        for cut in 0..token.len() {
            assert_eq!(Link::open(SECRET, &token[..cut], now), Err(LinkFault::Garbled));
        }
    }

    #[test]
    fn a_link_of_another_instance_is_refused() {
        let token = link(Purpose::Preferences).seal(b"another secret");
        let opened = Link::open(SECRET, &token, at("2026-10-06T07:00:00Z"));
        assert_eq!(opened, Err(LinkFault::Garbled));
    }

    #[test]
    fn the_token_of_a_sign_in_link_is_its_own_and_opens_nothing_else() {
        let (id, now) = (Uuid::from_u128(9), at("2026-10-06T07:00:00Z"));
        let token = sign_in_token(SECRET, id);
        assert_eq!(URL_SAFE_NO_PAD.decode(&token).map(|bytes| bytes.len()), Ok(32));
        assert_ne!(token, sign_in_token(SECRET, Uuid::from_u128(8)));
        assert_ne!(token, sign_in_token(b"another secret", id));
        assert_eq!(Link::open(SECRET, &token, now), Err(LinkFault::Garbled));
    }

    #[test]
    fn what_is_counted_differs_by_kind_value_and_instance() {
        let counted_here = counted(SECRET, "address", "ada@school.example");
        assert!(!counted_here.contains("ada"));
        assert_ne!(counted_here, counted(SECRET, "network", "ada@school.example"));
        assert_ne!(counted_here, counted(SECRET, "address", "bea@school.example"));
        assert_ne!(counted_here, counted(b"another secret", "address", "ada@school.example"));
    }

    #[test]
    fn a_link_for_one_purpose_does_not_open_another() {
        let preferences = link(Purpose::Preferences).seal(SECRET);
        let obligation = link(Purpose::Obligation(Uuid::nil())).seal(SECRET);
        assert_ne!(preferences, obligation);
        let opened = Link::open(SECRET, &preferences, at("2026-10-06T07:00:00Z"));
        assert_eq!(opened.map(|link| link.purpose), Ok(Purpose::Preferences));
    }
}
