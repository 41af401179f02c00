//! Working days and local time. All local times are Europe/London.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

mod bank_holidays;
mod words;
mod working_days;

pub use bank_holidays::{BankHolidaysError, bank_holidays};
pub use words::{
    ago_in_words, day_in_words, in_words, short_day, time_in_words, when, working_days_in_words,
};

/// What a stretch of a school calendar is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumMessage,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SpanKind {
    /// A term, half-term holiday included.
    Term,
    /// A half-term holiday inside a term.
    HalfTerm,
    /// In-service training days: staff are in, pupils are not, and nobody reads mail.
    Inset,
}

/// A stretch of days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub kind: SpanKind,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
}

/// The days one school works: its terms less half-terms, INSET days, weekends and bank holidays.
///
/// Days outside the stretch its terms cover (before the first term known and after the last) are
/// unknown; there every weekday that is no bank holiday counts, so that a missing calendar year
/// delays nothing. A half-term or INSET day that is written down counts wherever it lies.
///
/// A clone shares the days with its original.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    terms: Arc<[Span]>,
    /// Half-terms and INSET days.
    closures: Arc<[Span]>,
    /// First and last day of any term known.
    covered: Option<(NaiveDate, NaiveDate)>,
    bank_holidays: Arc<BTreeSet<NaiveDate>>,
}

impl Calendar {
    /// A calendar of the given terms, half-terms and INSET days.
    #[must_use]
    pub fn new(spans: Vec<Span>, bank_holidays: Arc<BTreeSet<NaiveDate>>) -> Self {
        let (terms, closures): (Vec<_>, Vec<_>) =
            spans.into_iter().partition(|span| span.kind == SpanKind::Term);
        let first = terms.iter().map(|span| span.starts_on).min();
        let last = terms.iter().map(|span| span.ends_on).max();
        let covered = first.zip(last);
        Self { terms: terms.into(), closures: closures.into(), covered, bank_holidays }
    }

    /// Whether any term of the school is known; without one, its holidays are not.
    #[must_use]
    pub fn knows_terms(&self) -> bool {
        self.covered.is_some()
    }
}

/// London date and time of a moment.
#[must_use]
pub fn local(moment: DateTime<Utc>) -> NaiveDateTime {
    moment.with_timezone(&chrono_tz::Europe::London).naive_local()
}

/// The moment of a London date and time: in the spring gap the first moment after it, in the
/// autumn fold the earlier of the two.
#[must_use]
pub fn moment(local: NaiveDateTime) -> DateTime<Utc> {
    use chrono::TimeZone as _;
    let zone = chrono_tz::Europe::London;
    zone.from_local_datetime(&local)
        .earliest()
        .or_else(|| chrono_tz::GapInfo::new(&local, &zone)?.end)
        .map_or_else(|| local.and_utc(), |time| time.to_utc())
}

/// The moment from which something due on `day` is overdue: the first moment of the next London
/// day.
#[must_use]
pub fn end_of_day(day: NaiveDate) -> DateTime<Utc> {
    moment(day.succ_opt().unwrap_or(day).and_time(NaiveTime::MIN))
}
