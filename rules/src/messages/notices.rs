//! Notices: letters that tell at once of a visit or a booking that somebody else arranged, moved or
//! gave up. Which of them somebody gets, what their calendar makes of it, and whether one that
//! waits is still true.

use super::{MessageKind, MessageState};
use crate::events::BookingState;
use crate::visits::VisitState;

/// How far an earlier notice about the same thing to the same person came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It waits for a worker: it can be called off.
    Waiting,
    /// It was sent, or may be on its way.
    Gone,
    /// It ended without having been sent.
    Never,
}

/// What a calendar is told, RFC 5546.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE")]
pub enum CalendarMethod {
    /// Take this entry in, or put the one of this UID right.
    Request,
    /// Take the entry of this UID out.
    Cancel,
    /// Here it is, for whoever takes it: as a file, in no mail.
    Publish,
}

/// How far a message in this state came. One that a worker holds may be handed over at any moment, and
/// one of which a hand-over was ever cut off (`doubted`) may have arrived, whatever became of it since.
#[must_use]
pub fn reach(state: MessageState, doubted: bool) -> Reach {
    use MessageState::{
        Accepted, Bounced, Cancelled, Complained, Deferred, Expired, Handoff, Held, Leased,
        Pending, Rejected, Suppressed, Uncertain,
    };
    match state {
        _ if doubted => Reach::Gone,
        Pending | Deferred => Reach::Waiting,
        Leased | Handoff | Uncertain | Held | Accepted | Bounced | Complained => Reach::Gone,
        Rejected | Cancelled | Suppressed | Expired => Reach::Never,
    }
}

/// Which notice somebody gets of `news`, after these `earlier` ones about the same thing, oldest
/// first; those that still wait are called off. Whoever was to be told and was not yet hears of no
/// cancellation, and of a change as if it had been so from the start. Who was told nothing at all
/// arranged it themselves, so they hear of everything.
#[must_use]
pub fn notice(news: MessageKind, earlier: &[(MessageKind, Reach)]) -> Option<MessageKind> {
    use MessageKind::{
        BookingCancelled, EventBooked, EventCancelled, EventMoved, EventPlace, EventWaiting,
        JoiningChanged, VisitCancelled, VisitMoved, VisitProposed,
    };
    let waits = |kind| earlier.contains(&(kind, Reach::Waiting));
    let untold = !earlier.is_empty() && earlier.iter().all(|(_, reach)| *reach != Reach::Gone);
    let first = |kinds: &[MessageKind]| kinds.iter().copied().find(|kind| waits(*kind));
    match news {
        VisitCancelled | BookingCancelled | EventCancelled if untold => None,
        VisitMoved => Some(first(&[VisitProposed]).unwrap_or(news)),
        EventMoved => Some(first(&[EventPlace, EventBooked, EventWaiting]).unwrap_or(news)),
        JoiningChanged => Some(first(&[EventPlace, EventBooked, EventMoved]).unwrap_or(news)),
        _ => Some(news),
    }
}

/// Whether the calendar of somebody who got these notices may hold an entry.
#[must_use]
pub fn holds_entry(earlier: &[(MessageKind, Reach)]) -> bool {
    use MessageKind::{EventBooked, EventPlace, VisitAgreed};
    let brings = |kind| matches!(kind, VisitAgreed | EventBooked | EventPlace);
    earlier.iter().any(|(kind, reach)| *reach == Reach::Gone && brings(*kind))
}

/// Whether somebody is told of `news`. Who brought it about themselves is told only where their
/// calendar needs it: of what puts an entry into it, and of what changes one it holds.
#[must_use]
pub fn is_told(news: MessageKind, brought_about: bool, holds_entry: bool) -> bool {
    !brought_about || holds_entry || method(news, false) == Some(CalendarMethod::Request)
}

/// What a notice of this kind tells the reader's calendar, if anything; `entry`: whether there is or
/// should be an entry in it.
#[must_use]
pub fn method(kind: MessageKind, entry: bool) -> Option<CalendarMethod> {
    use MessageKind::{
        BookingCancelled, EventBooked, EventCancelled, EventMoved, EventPlace, JoiningChanged,
        VisitAgreed, VisitCancelled, VisitMoved, VisitProposed,
    };
    match kind {
        VisitAgreed | EventBooked | EventPlace => Some(CalendarMethod::Request),
        VisitProposed | VisitMoved | EventMoved | JoiningChanged if entry => {
            Some(CalendarMethod::Request)
        }
        VisitCancelled | BookingCancelled | EventCancelled if entry => Some(CalendarMethod::Cancel),
        _ => None,
    }
}

/// Why a notice that told of revision `told` of a visit is not true any more, if it is not.
#[must_use]
pub fn stale_visit(told: i32, revision: i32, state: VisitState) -> Option<&'static str> {
    if told == revision {
        return None;
    }
    Some(match state {
        VisitState::Proposed => "Another time was named meanwhile.",
        VisitState::Agreed => "The time was agreed meanwhile.",
        VisitState::Recorded => "The visit has taken place meanwhile.",
        VisitState::Cancelled => "The visit was cancelled meanwhile.",
    })
}

/// Why a notice of this kind about a booking is not true any more, if it is not.
#[must_use]
pub fn stale_booking(
    kind: MessageKind,
    state: BookingState,
    event_cancelled: bool,
) -> Option<&'static str> {
    use BookingState::{Booked, Cancelled, Waiting};
    match (kind, state) {
        (MessageKind::EventCancelled, _) if event_cancelled => None,
        _ if event_cancelled => Some("The event was cancelled meanwhile."),
        (MessageKind::EventCancelled, _) => Some("The event takes place after all."),
        (MessageKind::BookingCancelled, Cancelled) => None,
        (MessageKind::BookingCancelled, _) => Some("The booking stands."),
        (_, Cancelled) => Some("The booking was given up meanwhile."),
        (MessageKind::EventWaiting, Booked) => Some("A place came free meanwhile."),
        (MessageKind::EventMoved, _) | (MessageKind::EventWaiting, Waiting) | (_, Booked) => None,
        (_, Waiting) => Some("The booking is on the waiting list meanwhile."),
    }
}
