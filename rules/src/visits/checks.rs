//! When a visit can be, and how much support time it can hold.

use chrono::{DateTime, NaiveDate, Utc};

use super::VisitKind;
use crate::calendar::local;
use crate::commitments::TermFacts;

/// Most calendar days one visit can span: a working week.
pub const MOST_DAYS: i64 = 5;

/// The time of a visit, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// End, after the start.
    pub ends_at: DateTime<Utc>,
}

impl Slot {
    /// Whether the two have a moment in common. One that begins when the other ends does not
    /// overlap it.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }

    /// London calendar days it touches, at least 1 for one that ends after its start.
    #[must_use]
    pub fn days(self) -> i64 {
        // What ends at midnight does not touch the day after.
        let last = local(self.ends_at - chrono::TimeDelta::microseconds(1)).date();
        (last - local(self.starts_at).date()).num_days() + 1
    }
}

/// London day that a visit's support time counts for: its first.
#[must_use]
pub fn held_on(slot: Slot) -> NaiveDate {
    local(slot.starts_at).date()
}

/// What is wrong with a visit's time or length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VisitFault {
    /// It runs backwards, or takes no time.
    #[error("It must end after it starts.")]
    Backwards,
    /// It is longer than a working week.
    #[error("A visit can span at most {MOST_DAYS} days; propose several.")]
    TooLong,
    /// It starts before the partner joined.
    #[error("The partner had not joined by then.")]
    BeforeJoining,
    /// It lies outside the cohort's terms.
    #[error("It must lie within one of the cohort's terms.")]
    OutsideTerms,
    /// Fewer than half a day, or more than its days have halves.
    #[error("Give its support time in half days: 1 or 2 for each day of the visit.")]
    HalfDays,
    /// Shorter than the pathway asks of a deep-dive visit.
    #[error("A deep-dive visit takes {0} half days or more on this pathway.")]
    TooShort(i32),
}

/// Whether a visit to a partner who joined on `joined_on` can be at that time.
///
/// # Errors
/// What is wrong with it.
pub fn check_slot(slot: Slot, terms: &[TermFacts], joined_on: NaiveDate) -> Result<(), VisitFault> {
    if slot.ends_at <= slot.starts_at {
        return Err(VisitFault::Backwards);
    }
    if slot.days() > MOST_DAYS {
        return Err(VisitFault::TooLong);
    }
    let first = held_on(slot);
    let last = local(slot.ends_at - chrono::TimeDelta::microseconds(1)).date();
    if first < joined_on {
        return Err(VisitFault::BeforeJoining);
    }
    let within = |term: &TermFacts| term.starts_on <= first && last <= term.ends_on;
    if terms.iter().any(within) { Ok(()) } else { Err(VisitFault::OutsideTerms) }
}

/// Whether a visit of that time can hold so many half days of support.
///
/// # Errors
/// That it cannot.
pub fn check_half_days(slot: Slot, half_days: i32) -> Result<(), VisitFault> {
    let fits = (1..=2 * slot.days()).contains(&i64::from(half_days));
    if fits { Ok(()) } else { Err(VisitFault::HalfDays) }
}

/// Whether a visit of a kind is long enough, where the pathway's commitment stands for `required` half
/// days. Support days add up, so that each may be as short as it likes.
///
/// # Errors
/// That it is not.
pub fn check_enough(
    kind: VisitKind,
    half_days: i32,
    required: Option<i32>,
) -> Result<(), VisitFault> {
    match (kind, required) {
        (VisitKind::DeepDiveVisit, Some(required)) if half_days < required => {
            Err(VisitFault::TooShort(required))
        }
        _ => Ok(()),
    }
}
