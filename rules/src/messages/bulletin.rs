//! Messages to all of a hub's partners: who gets one, and what it can say.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::suppression::SuppressionReason;
use crate::calendar::{in_words, local};
use crate::people::ContactRole;

/// Longest subject, in characters.
pub const LONGEST_SUBJECT: usize = 150;
/// Longest text, in characters.
pub const LONGEST_TEXT: usize = 10_000;
/// How long a bulletin may wait from its reader's next working hour on, for a mail server or because
/// that hour moves, before it is old news.
const STAYS: TimeDelta = TimeDelta::days(21);
/// How far off that hour may be: longer than the longest holiday, shorter than a calendar that ends.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(92);
/// From which wait on whoever sends it is told.
const LONG_WAIT: TimeDelta = TimeDelta::days(7);

/// What somebody chose not to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwilling {
    /// Any mail that is not a duty.
    AnyOptional,
    /// Mails of this one kind.
    ThisKind,
}

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
    /// What they chose not to get that this is part of, if anything.
    pub unwilling: Option<Unwilling>,
    /// Why no mail goes to their address, if none does.
    pub suppressed: Option<SuppressionReason>,
    /// The next moment at which mail that can wait may go to them, by the partner's calendar.
    pub goes_at: DateTime<Utc>,
}

/// From when on a bulletin is old news for a reader to whom it may go from `goes_at` on.
#[must_use]
pub fn expires_at(goes_at: DateTime<Utc>) -> DateTime<Utc> {
    goes_at + STAYS
}

/// What whoever sends a bulletin has to know of when it arrives, if it may go to its readers from these
/// moments on: that holidays keep it back, and until when.
#[must_use]
pub fn waits(goes_at: &[DateTime<Utc>], now: DateTime<Utc>) -> Option<String> {
    let long = goes_at.iter().filter(|at| **at - now >= LONG_WAIT);
    let last = in_words(local(*long.clone().max()?).date());
    Some(match (long.count(), goes_at.len()) {
        (some, all) if some == all => {
            format!("Nobody gets it before their school works again, the last on {last}.")
        }
        (some, all) => format!(
            "Of {all} readers {some} get it only when their school works again, the last on {last}."
        ),
    })
}

/// Whom a bulletin goes to, and whom not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// Who gets it, each person once, with the partner they get it for.
    pub recipients: Vec<(Uuid, Uuid)>,
    /// Who does not, each person once, with the partner and the reason.
    pub excluded: Vec<(Uuid, Uuid, String)>,
    /// The partners at which it reaches nobody, or nobody who is needed, and why.
    pub unreached: Vec<(Uuid, String)>,
}

/// Sorts the people at a hub's partners by whether they get a bulletin. Somebody at several partners
/// gets it once, if any reason to get it holds; `roles` are those the programme writes to.
#[must_use]
pub fn audience(candidates: &[Candidate], roles: &[ContactRole], now: DateTime<Utc>) -> Audience {
    let mut sorted: Vec<&Candidate> = candidates.iter().collect();
    sorted.sort_by_key(|one| (one.person_id, one.setting_id, <&str>::from(one.role)));
    let mut audience = Audience::default();
    for of_person in sorted.chunk_by(|one, other| one.person_id == other.person_id) {
        let reasons: Vec<_> = of_person.iter().map(|one| (one, why_not(one, roles, now))).collect();
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
fn why_not(one: &Candidate, roles: &[ContactRole], now: DateTime<Utc>) -> Option<String> {
    if !one.active {
        return Some("Their school does not take part at present.".to_owned());
    }
    if !roles.contains(&one.role) {
        return Some("The programme does not write to people in their role.".to_owned());
    }
    if let Some(reason) = one.suppressed {
        return Some(reason.kept_back());
    }
    let why = match one.unwilling {
        Some(Unwilling::AnyOptional) => "They chose to get no mail that is not a duty.",
        Some(Unwilling::ThisKind) => "They chose to get no messages to partners.",
        None if one.goes_at - now > LONGEST_WAIT => {
            "The calendar of their school has no working day in the next three months."
        }
        None => return None,
    };
    Some(why.to_owned())
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

/// A subject and a text as they are kept and sent: without blanks around them, lines ending alike.
#[must_use]
pub fn settled(subject: &str, text: &str) -> [String; 2] {
    [subject.trim().to_owned(), text.trim().replace("\r\n", "\n")]
}
