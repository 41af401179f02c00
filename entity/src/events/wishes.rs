//! What a new event, or one that is changed, is to be like.

use chrono::{DateTime, Utc};
use rules::events::TrainingModule;
use rules::programme::EventKind;
use uuid::Uuid;

/// An event to plan.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The programme.
    pub programme_id: Uuid,
    /// The hub that hosts it; none for the whole programme.
    pub hub_id: Option<Uuid>,
    /// The cohort it is for; none for every cohort.
    pub cohort_id: Option<Uuid>,
    /// Key within the programme; made up when absent.
    pub key: Option<String>,
    /// What it is.
    pub kind: EventKind,
    /// Title.
    pub title: String,
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
    /// What else is known of it.
    pub details: Details,
}

/// What may be known of an event, or may not.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// What it is about.
    pub summary: Option<String>,
    /// Where it takes place.
    pub place: Option<String>,
    /// How to join or get there, for who booked.
    pub joining_details: Option<String>,
    /// Kind of training module, for one.
    pub module: Option<TrainingModule>,
    /// Places; none for no limit.
    pub capacity: Option<i32>,
    /// Where its recording can be watched.
    pub recording_url: Option<String>,
}

/// What becomes of something that may be absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is this from now on, or nothing.
    Set(Option<T>),
}

impl<T> Edit<T> {
    /// What there is after the edit, where `old` was.
    pub(super) fn or(self, old: Option<T>) -> Option<T> {
        match self {
            Self::Keep => old,
            Self::Set(new) => new,
        }
    }
}

/// How an event changes; what is none or [`Edit::Keep`] stays.
#[derive(Clone, Debug, Default)]
pub struct EventEdit {
    /// Title.
    pub title: Option<String>,
    /// Start.
    pub starts_at: Option<DateTime<Utc>>,
    /// End.
    pub ends_at: Option<DateTime<Utc>>,
    /// What it is about.
    pub summary: Edit<String>,
    /// Where it takes place.
    pub place: Edit<String>,
    /// How to join or get there, for who booked.
    pub joining_details: Edit<String>,
    /// Kind of training module, for one.
    pub module: Option<TrainingModule>,
    /// Places; none for no limit.
    pub capacity: Edit<i32>,
    /// Where its recording can be watched.
    pub recording_url: Edit<String>,
}
