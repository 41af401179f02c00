//! The days on which routine mail may go to somebody.

use chrono::{NaiveDate, NaiveDateTime};

use crate::calendar::Calendar;

/// How many days ahead a day is looked for.
const FARTHEST: usize = 400;

/// The days on which routine mail may go to somebody: those that the school it is about works and, if
/// they have a school of their own, that it works too. Of several of their own one is enough.
#[derive(Clone, Copy, Debug)]
pub struct Days<'a> {
    about: &'a Calendar,
    own: &'a [Calendar],
}

impl<'a> From<&'a Calendar> for Days<'a> {
    /// Those of somebody without a school of their own, or of that very school.
    fn from(about: &'a Calendar) -> Self {
        Self { about, own: &[] }
    }
}

impl<'a> Days<'a> {
    /// Those of somebody with these schools of their own.
    #[must_use]
    pub fn new(about: &'a Calendar, own: &'a [Calendar]) -> Self {
        Self { about, own }
    }

    fn all(self, allows: impl Fn(&Calendar) -> bool) -> bool {
        allows(self.about) && (self.own.is_empty() || self.own.iter().any(allows))
    }

    /// Whether `day` is one of them.
    #[must_use]
    pub fn has(self, day: NaiveDate) -> bool {
        self.all(|calendar| calendar.is_working_day(day))
    }

    /// Whether mail may go at a moment of London time: on one of the days, and not on the afternoon
    /// of the last Friday of a term.
    #[must_use]
    pub fn allow(self, at: NaiveDateTime) -> bool {
        let allows = |calendar: &Calendar| {
            calendar.is_working_day(at.date()) && !calendar.is_last_friday_afternoon(at)
        };
        self.all(allows)
    }

    /// The days from `day` on, as far as is looked.
    pub(super) fn from(self, day: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        day.iter_days().take(FARTHEST).filter(move |day| self.has(*day))
    }

    /// `day` itself if it is one of them, else the first one after it; none in sight gives nothing.
    #[must_use]
    pub fn next(self, day: NaiveDate) -> Option<NaiveDate> {
        self.from(day).next()
    }
}
