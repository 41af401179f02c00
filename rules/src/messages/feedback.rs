//! What a bounce or a complaint changes. Reports come late, twice and out of order, so each is judged
//! by what is known when it comes, and none takes back what a stronger one said.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::suppression::SuppressionReason;
use super::{MessageState, may_become};
use crate::calendar::local;
use crate::words::words;

/// Different days on which mail has to come back for now before an address is given up.
const SOFT_DAYS: usize = 3;
/// How long a return for now is remembered.
pub const SOFT_REMEMBERED: TimeDelta = TimeDelta::days(30);

words! {
    /// What a report about a message says.
    FeedbackKind {
        /// It came back for good: there is no such address.
        HardBounce,
        /// It came back, and the next one may not: a full mailbox, a policy, a server that is away.
        SoftBounce,
        /// It is late and still being tried.
        Delayed,
        /// Its reader marked it as unwanted.
        Complaint,
    }
}

/// A report about a message.
#[derive(Clone, Copy, Debug)]
pub struct Feedback {
    /// What it says.
    pub kind: FeedbackKind,
    /// When that happened, as far as it is known.
    pub at: DateTime<Utc>,
}

/// What is known when a report comes.
#[derive(Clone, Debug)]
pub struct Known {
    /// Where the message stands.
    pub state: MessageState,
    /// Whether it came back for good before.
    pub hard: bool,
    /// London days on which mail to its address came back for now, those of [`SOFT_REMEMBERED`].
    pub soft_days: BTreeSet<NaiveDate>,
    /// When the address was last let go from the list, if it ever was.
    pub released_at: Option<DateTime<Utc>>,
}

/// What a report changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The state the message goes to, if it goes to another.
    pub state: Option<MessageState>,
    /// Why no more mail goes to the address, if so.
    pub suppress: Option<SuppressionReason>,
    /// A sentence for the story of the message.
    pub detail: &'static str,
}

/// Whether a status (RFC 3463) that a report gives means that there is no such address, or no way to
/// it for good. `5.1.7` and `5.1.8` are about the sender's address, and of the statuses of routing only
/// `5.4.4` is about the recipient's: the others tell of a host that did not answer, of a network that
/// was full, of time that ran out.
#[must_use]
pub fn is_hard(status: (u16, u16, u16)) -> bool {
    match status {
        (5, 1, detail) => !matches!(detail, 7 | 8),
        status => status == (5, 4, 4),
    }
}

/// Whether a report about a message in this state is the first that is heard of its having been
/// taken: the hand-over was cut off, or its outcome is not written down yet. `doubted`: whether a
/// hand-over of it was ever cut off, so that a worker that holds it now is about to send it again.
#[must_use]
pub fn shows_it_was_taken(state: MessageState, doubted: bool) -> bool {
    match state {
        MessageState::Handoff | MessageState::Uncertain | MessageState::Held => true,
        MessageState::Leased => doubted,
        _ => false,
    }
}

/// Judges a report about a message that is known to have been taken, where [`shows_it_was_taken`]
/// says so.
#[must_use]
pub fn effect(told: Feedback, known: &Known) -> Effect {
    let to = |state| may_become(known.state, state).then_some(state);
    // What happened before somebody let the address go is known to them.
    let stale = known.released_at.is_some_and(|released_at| told.at <= released_at);
    let suppress = |reason| (!stale).then_some(reason);
    match told.kind {
        FeedbackKind::Delayed => Effect {
            state: None,
            suppress: None,
            detail: "It is late; the mail server goes on trying.",
        },
        FeedbackKind::SoftBounce if known.hard => Effect {
            state: None,
            suppress: None,
            detail: "It came back for now; that it came back for good stands.",
        },
        FeedbackKind::SoftBounce => {
            let mut days = known.soft_days.clone();
            days.insert(local(told.at).date());
            Effect {
                state: to(MessageState::Bounced),
                suppress: (days.len() >= SOFT_DAYS)
                    .then(|| suppress(SuppressionReason::SoftBounces))
                    .flatten(),
                detail: "It came back for now.",
            }
        }
        FeedbackKind::HardBounce => Effect {
            state: to(MessageState::Bounced),
            suppress: suppress(SuppressionReason::HardBounce),
            detail: "It came back for good.",
        },
        FeedbackKind::Complaint => Effect {
            state: to(MessageState::Complained),
            suppress: suppress(SuppressionReason::Complaint),
            detail: "Its reader marked it as unwanted.",
        },
    }
}
