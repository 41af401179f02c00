//! Events that partners book and attend.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::words::words;

pub mod places;
mod reach;

pub use reach::{
    Bar, Occasion, Standing, bar_to_attendance, bar_to_booking, bar_to_recording, has_recording,
    in_reach,
};

words! {
    /// The kinds of training module.
    TrainingModule {
        /// First steps in the programme.
        Induction,
        /// What every partner takes.
        Essential,
        /// Taken by choice.
        Optional,
        /// For a kind of provision or need, such as alternative provision or SEND.
        Specialist,
    }
    /// Where an event stands. Worked out from its times and the moment, never stored.
    EventState {
        /// Not published: only its host sees it.
        Draft,
        /// To be published at a moment that has not come.
        Scheduled,
        /// Schools see it, and it is not over.
        Published,
        /// It has taken place.
        Over,
        /// It does not take place.
        Cancelled,
    }
    /// Where a booking stands.
    BookingState {
        /// There is a place.
        Booked,
        /// On the waiting list.
        Waiting,
        /// Given up.
        Cancelled,
    }
    /// What is known of a partner at an event.
    AttendanceMode {
        /// Somebody was there.
        Attended,
        /// Nobody was, though expected.
        Absent,
        /// The recording was watched afterwards.
        WatchedRecording,
        /// The recording was reported as watched, and was not.
        NotWatched,
    }
}

/// Where an event stands at `now`.
#[must_use]
pub fn state(
    published_at: Option<DateTime<Utc>>,
    cancelled_at: Option<DateTime<Utc>>,
    ends_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> EventState {
    match published_at {
        _ if cancelled_at.is_some() => EventState::Cancelled,
        None => EventState::Draft,
        Some(at) if at > now => EventState::Scheduled,
        Some(_) if ends_at <= now => EventState::Over,
        Some(_) => EventState::Published,
    }
}

/// The key of a new event, unique among `taken`: what it is, its host and its day, with a number
/// where that is taken.
#[must_use]
pub fn new_key(stem: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2_u32..).map(|number| format!("{stem}-{number}"));
    let mut keys = std::iter::once(stem.to_owned()).chain(numbered);
    keys.find(|key| !taken(key)).unwrap_or_else(|| stem.to_owned())
}

/// A booking, as places are given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its id.
    pub id: Uuid,
    /// How many people come.
    pub places: i32,
    /// Where it stands.
    pub state: BookingState,
    /// Its place in the order: when booked or put on the waiting list.
    pub booked_at: DateTime<Utc>,
}
