//! Visits between a hub and its partners: support days and deep-dive visits.

use serde::{Deserialize, Serialize};

use crate::words::words;

mod checks;
mod steps;

pub use checks::{MOST_DAYS, Slot, VisitFault, check_enough, check_half_days, check_slot, held_on};
pub use steps::{NotNow, may};

words! {
    /// What kind of visit it is.
    VisitKind {
        /// One-to-one support by the lead; counts towards the support days of its term.
        SupportDay,
        /// The lead's full-day look at the partner's practice, hosted by the partner.
        DeepDiveVisit,
    }
    /// Where a visit stands.
    VisitState {
        /// One side has named a time; the other has not agreed yet.
        Proposed,
        /// Both sides have agreed on the time.
        Agreed,
        /// It has taken place, and what was done is written down.
        Recorded,
        /// It does not take place.
        Cancelled,
    }
    /// The two sides of a partnership.
    Party {
        /// The lead setting and its staff.
        Hub,
        /// The partner setting.
        Partner,
    }
    /// The steps in the life of a visit.
    VisitStep {
        /// A time was named.
        Proposed,
        /// The other side agreed.
        Agreed,
        /// Another time was named.
        Rescheduled,
        /// It was called off.
        Cancelled,
        /// What was done was written down.
        Recorded,
        /// What had been written down was put right.
        Corrected,
    }
}

/// What a kind of visit is called in the middle of a sentence.
#[must_use]
pub fn in_words(kind: VisitKind) -> &'static str {
    match kind {
        VisitKind::SupportDay => "support day",
        VisitKind::DeepDiveVisit => "deep-dive visit",
    }
}

/// So many half days of support: `Half a day`, `1 day`, `1½ days`.
#[must_use]
pub fn support_time_in_words(half_days: i32) -> String {
    match (half_days / 2, half_days % 2) {
        (0, _) => "Half a day".to_owned(),
        (1, 0) => "1 day".to_owned(),
        (days, 0) => format!("{days} days"),
        (days, _) => format!("{days}½ days"),
    }
}

/// Somebody who came to a visit, as it is stored with the visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendee {
    /// Name.
    pub name: String,
    /// What they do there, such as `Deputy headteacher`.
    pub role: String,
}
