//! What the mutations of events ask for.

use async_graphql::{ID, InputObject, MaybeUndefined};
use rules::events::TrainingModule;
use rules::programme::EventKind;

use crate::act::{Date, Moment};
use crate::read::registry::Shown;

/// An event to plan. It is a draft until it is published.
#[derive(InputObject)]
pub struct EventCreateInput {
    /// The programme.
    pub programme_id: ID,
    /// The hub that hosts it; leave it out for an event of the whole programme.
    pub hub_id: Option<ID>,
    /// The cohort it is for; leave it out for every cohort.
    pub cohort_id: Option<ID>,
    /// Key within the programme, of lower-case letters, digits and hyphens; made up if left out.
    pub key: Option<String>,
    /// What it is.
    pub kind: Shown<EventKind>,
    /// Of a training module: what kind.
    pub module: Option<Shown<TrainingModule>>,
    /// Title.
    pub title: String,
    /// Start.
    pub starts_at: Moment,
    /// End.
    pub ends_at: Moment,
    /// What it is about.
    pub summary: Option<String>,
    /// Where it takes place.
    pub place: Option<String>,
    /// How to join or get there; shown to who has places only.
    pub joining_details: Option<String>,
    /// Places; leave it out for no limit.
    pub capacity: Option<i32>,
    /// Where its recording can be watched; begins with https://.
    pub recording_url: Option<String>,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    pub idempotency_key: Option<String>,
}

/// How an event changes. What is left out stays; where null is allowed, null takes it away.
#[derive(InputObject)]
pub struct EventEditInput {
    /// The event.
    pub event_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub expected_version: Option<i32>,
    /// Title.
    pub title: Option<String>,
    /// Start. A published event can only be moved before it begins, to a time to come.
    pub starts_at: Option<Moment>,
    /// End.
    pub ends_at: Option<Moment>,
    /// Of a training module: what kind.
    pub module: Option<Shown<TrainingModule>>,
    /// What it is about.
    pub summary: MaybeUndefined<String>,
    /// Where it takes place.
    pub place: MaybeUndefined<String>,
    /// How to join or get there; shown to who has places only.
    pub joining_details: MaybeUndefined<String>,
    /// Places; null for no limit. Never fewer than are booked. More places go to who waits.
    pub capacity: MaybeUndefined<i32>,
    /// Where its recording can be watched; begins with https://.
    pub recording_url: MaybeUndefined<String>,
}

/// Which event is published, and when.
#[derive(InputObject)]
pub struct EventPublishInput {
    /// The event.
    pub event_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub expected_version: Option<i32>,
    /// From when schools see it; leave it out for now.
    pub publish_at: Option<Moment>,
}

/// Which event does not take place, and why.
#[derive(InputObject)]
pub struct EventCancelInput {
    /// The event.
    pub event_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub expected_version: Option<i32>,
    /// Why, for those who had booked.
    pub reason: String,
}

/// Who books how many places at what.
#[derive(InputObject)]
pub struct BookingCreateInput {
    /// The event.
    pub event_id: ID,
    /// The partner's enrolment.
    pub enrolment_id: ID,
    /// How many people come, 1 or more.
    pub places: i32,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    pub idempotency_key: Option<String>,
}

/// How many places a booking is for from now on.
#[derive(InputObject)]
pub struct BookingChangeInput {
    /// The booking.
    pub booking_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub expected_version: Option<i32>,
    /// How many people come, 1 or more. More than before can be had only while nobody waits; on the
    /// waiting list, asking for more leads to its end.
    pub places: i32,
}

/// Which booking is given up, and why.
#[derive(InputObject)]
pub struct BookingCancelInput {
    /// The booking.
    pub booking_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub expected_version: Option<i32>,
    /// Why.
    pub reason: String,
}

/// Who was at an event.
#[derive(InputObject)]
pub struct EventAttendanceRecordInput {
    /// The event; it has begun.
    pub event_id: ID,
    /// The partner's enrolment.
    pub enrolment_id: ID,
    /// Whether anybody of the partner was there.
    pub attended: bool,
    /// How many; leave it out or give 0 if nobody was.
    #[graphql(default)]
    pub people: i32,
    /// Whether a senior leader was among them.
    #[graphql(default)]
    pub senior_leader: bool,
    /// Remark.
    pub note: Option<String>,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    pub idempotency_key: Option<String>,
}

/// What is right instead of what was recorded.
#[derive(InputObject)]
pub struct EventAttendanceCorrectInput {
    /// What was recorded.
    pub event_attendance_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub expected_version: Option<i32>,
    /// Whether anybody of the partner was there, or watched the recording.
    pub attended: bool,
    /// How many; leave it out or give 0 if nobody.
    #[graphql(default)]
    pub people: i32,
    /// Whether a senior leader was among them.
    #[graphql(default)]
    pub senior_leader: bool,
    /// Remark.
    pub note: Option<String>,
}

/// Who watched the recording of an event, and when.
#[derive(InputObject)]
pub struct EventRecordingWatchedInput {
    /// The event; it is over.
    pub event_id: ID,
    /// The partner's enrolment.
    pub enrolment_id: ID,
    /// Day on which it was watched, in London.
    pub watched_on: Date,
    /// By how many.
    pub people: i32,
    /// Whether a senior leader was among them.
    pub senior_leader: bool,
    /// Remark.
    pub note: Option<String>,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    pub idempotency_key: Option<String>,
}
