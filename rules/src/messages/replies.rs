//! What a mail server means by not taking a message.

use chrono::{DateTime, TimeDelta, Utc};

/// What a refusal by the mail server means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// For now: try again.
    ForNow,
    /// For now, and all else with it: the server is closing or has enough of us.
    All,
    /// By a policy (5.7.x): against this recipient or this message, or against us. Which of the two
    /// shows in what becomes of the others, so that it is for now.
    Policy,
    /// For good, and only this message or recipient.
    ForGood,
    /// For good, and perhaps there is no such address. Servers that refuse us altogether say the same
    /// words, so that one answer is not enough.
    PerhapsNoAddress,
    /// For good, and every other mail to this recipient with it: there is no such address. A server that
    /// does not know our recipients says so of everybody, so that it is believed only of one that takes
    /// mail to others.
    NoAddress,
}

/// Where in the conversation a mail server refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Before any message: greeting, encryption, sign-in.
    Opening,
    /// Whether it takes mail from our sender.
    Sender,
    /// Whether it takes mail for this recipient.
    Recipient,
    /// Whether it takes this message, before or after it was read.
    Message,
}

/// Whether a negative reply asks us to be slower: it is closing, or has had enough for now.
#[must_use]
pub fn asks_for_patience(code: u16, status: Option<(u16, u16, u16)>) -> bool {
    code == 421 || matches!(status, Some((4, 7, _)))
}

/// Judges a negative reply: its `code` (as in 550) and the enhanced status it may come with (as in
/// `5.1.1`, RFC 3463). What is about us, the sender, and not about the recipient is never for good:
/// somebody mends it, and then the mails must still be there.
#[must_use]
pub fn judge(asked: Asked, code: u16, status: Option<(u16, u16, u16)>) -> Refused {
    let about_size = code == 552 || matches!(status, Some((5, 2 | 3, 3 | 4)));
    match (asked, status) {
        (Asked::Opening, _) => Refused::All,
        _ if code == 421 || code < 400 => Refused::All,
        (_, Some((4, 7, _))) => Refused::All,
        _ if code < 500 => Refused::ForNow,
        (Asked::Sender, _) if !about_size => Refused::All,
        // Some look at the sender only when they know the recipient.
        (Asked::Recipient | Asked::Message, Some((5, 1, 7 | 8))) => Refused::All,
        (Asked::Recipient | Asked::Message, Some((5, 7, _))) => Refused::Policy,
        // Some other problem with the address, which may be ours.
        (Asked::Recipient, Some((5, 1, 0))) => Refused::PerhapsNoAddress,
        (Asked::Recipient, Some((5, 1, _))) => Refused::NoAddress,
        (Asked::Recipient, None) if matches!(code, 550 | 551 | 553) => Refused::PerhapsNoAddress,
        _ => Refused::ForGood,
    }
}

/// How long somebody's mail must have been refused, counted from the first refusal in a row, before a
/// server's vague words are believed.
const BELIEVED_AFTER: TimeDelta = TimeDelta::hours(20);

/// Since when all mail to an address has been refused that a server now refuses once more without saying
/// that there is none; nothing unless it is most of a day. It takes no mail then, if the server took any
/// to others meanwhile. `earlier` is what became of earlier mail to it, the latest first: whether it was
/// refused, and when.
#[must_use]
pub fn refused_for_long(
    earlier: impl IntoIterator<Item = (bool, DateTime<Utc>)>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let in_a_row = earlier.into_iter().take_while(|(refused, _)| *refused);
    in_a_row.last().map(|(_, first)| first).filter(|first| now - *first >= BELIEVED_AFTER)
}
