//! Who may book an event, and of whom it can be recorded that they came.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::calendar::local;
use crate::programme::EventKind;

/// An event, as these rules look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// The hub that hosts it; none for the whole programme.
    pub hub: Option<Uuid>,
    /// The cohort it is for; none for every cohort.
    pub cohort: Option<Uuid>,
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
    /// When schools can first see it.
    pub published_at: Option<DateTime<Utc>>,
    /// Whether it is cancelled.
    pub cancelled: bool,
}

/// A partner, as these rules look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The hub that supports it now.
    pub hub: Uuid,
    /// Its cohort.
    pub cohort: Uuid,
    /// London day on which its enrolment ended, if it has.
    pub ended_on: Option<NaiveDate>,
}

/// What stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// The event is cancelled.
    Cancelled,
    /// Schools cannot see the event yet.
    NotPublished,
    /// The event is over.
    Over,
    /// The event has not begun.
    NotBegun,
    /// The event has not ended.
    NotEnded,
    /// The event is another hub's or another cohort's.
    NotForThem,
    /// The enrolment has ended, or had by then.
    Ended,
    /// The day is before the event.
    BeforeIt,
    /// The day is in the future.
    InTheFuture,
}

impl Bar {
    /// It in a sentence, for the person who asked.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Cancelled => "This event is cancelled.",
            Self::NotPublished => "This event is not published yet.",
            Self::Over => "This event is over.",
            Self::NotBegun => "This event has not begun: record who came once it has.",
            Self::NotEnded => "This event has not ended: there is no recording of it yet.",
            Self::NotForThem => "This event is for another hub or cohort.",
            Self::Ended => "This enrolment has ended.",
            Self::BeforeIt => "This day is before the event.",
            Self::InTheFuture => "This day is in the future.",
        }
    }
}

/// Whether an event is for partners of a hub in a cohort.
#[must_use]
pub fn in_reach(event: (Option<Uuid>, Option<Uuid>), (hub, cohort): (Uuid, Uuid)) -> bool {
    let (of_hub, of_cohort) = event;
    of_hub.is_none_or(|id| id == hub) && of_cohort.is_none_or(|id| id == cohort)
}

/// Whether something of this kind is recorded, to be watched by who could not come: what takes
/// place online is; anything else when its recording was put up.
#[must_use]
pub fn has_recording(kind: EventKind, recording_url: Option<&str>) -> bool {
    recording_url.is_some() || matches!(kind, EventKind::CpdSession | EventKind::TrainingModule)
}

fn on_offer(event: &Occasion, now: DateTime<Utc>) -> Option<Bar> {
    if event.cancelled {
        return Some(Bar::Cancelled);
    }
    event.published_at.is_none_or(|at| at > now).then_some(Bar::NotPublished)
}

fn for_them(event: &Occasion, partner: &Standing) -> Option<Bar> {
    let within = in_reach((event.hub, event.cohort), (partner.hub, partner.cohort));
    (!within).then_some(Bar::NotForThem)
}

/// What keeps a partner from booking an event, if anything does. It can be booked until it is over.
#[must_use]
pub fn bar_to_booking(event: &Occasion, partner: &Standing, now: DateTime<Utc>) -> Option<Bar> {
    on_offer(event, now)
        .or_else(|| (event.ends_at <= now).then_some(Bar::Over))
        .or_else(|| partner.ended_on.map(|_| Bar::Ended))
        .or_else(|| for_them(event, partner))
}

/// What keeps anybody from recording whether a partner came, if anything does. `known`: it had
/// booked, or is on the event's register already, and so may have been another hub's partner then.
#[must_use]
pub fn bar_to_attendance(
    event: &Occasion,
    partner: &Standing,
    known: bool,
    now: DateTime<Utc>,
) -> Option<Bar> {
    let day = local(event.starts_at).date();
    on_offer(event, now)
        .or_else(|| (event.starts_at > now).then_some(Bar::NotBegun))
        .or_else(|| partner.ended_on.filter(|last| *last < day).map(|_| Bar::Ended))
        .or_else(|| if known { None } else { for_them(event, partner) })
}

/// What keeps anybody from recording that a partner watched the recording on a London day, if
/// anything does.
#[must_use]
pub fn bar_to_recording(
    event: &Occasion,
    partner: &Standing,
    known: bool,
    watched_on: NaiveDate,
    now: DateTime<Utc>,
) -> Option<Bar> {
    on_offer(event, now)
        .or_else(|| (event.ends_at > now).then_some(Bar::NotEnded))
        .or_else(|| (watched_on < local(event.starts_at).date()).then_some(Bar::BeforeIt))
        .or_else(|| (watched_on > local(now).date()).then_some(Bar::InTheFuture))
        .or_else(|| partner.ended_on.filter(|last| *last < watched_on).map(|_| Bar::Ended))
        .or_else(|| if known { None } else { for_them(event, partner) })
}
