//! Counting the days a school works.

use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::{Calendar, Span, SpanKind};

/// How many days in a row without school are believed. A calendar with more has lost its terms:
/// the search stops there, so that no data can make it run for ever.
const LONGEST_HOLIDAY: u32 = 400;

/// Most days counted or walked at once: ten years, longer than any programme.
const FARTHEST: u32 = 3_660;

/// Which way to look.
#[derive(Clone, Copy)]
enum Direction {
    Forward,
    Back,
}

impl Direction {
    fn step(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Forward => day.succ_opt(),
            Self::Back => day.pred_opt(),
        }
    }
}

fn contains(span: &Span, day: NaiveDate) -> bool {
    span.starts_on <= day && day <= span.ends_on
}

impl Calendar {
    /// Whether the school works on `day`.
    #[must_use]
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
            && !self.bank_holidays.contains(&day)
            && !self.closures.iter().any(|span| contains(span, day))
            && !self.is_between_terms(day)
    }

    /// Whether `day` lies outside the terms, between the first and the last day of any known.
    fn is_between_terms(&self, day: NaiveDate) -> bool {
        self.covered.is_some_and(|(first, last)| first <= day && day <= last)
            && !self.terms.iter().any(|span| contains(span, day))
    }

    /// Whether the school is on holiday on `day`: at half-term, or between two terms it knows of. A
    /// weekend or a bank holiday is no holiday of that kind.
    #[must_use]
    pub fn is_holiday(&self, day: NaiveDate) -> bool {
        let mut half_terms = self.closures.iter().filter(|span| span.kind == SpanKind::HalfTerm);
        half_terms.any(|span| contains(span, day)) || self.is_between_terms(day)
    }

    /// The first working day on `day` or in `direction` of it; none in sight gives nothing.
    fn seek(&self, day: NaiveDate, direction: Direction) -> Option<NaiveDate> {
        let mut candidate = day;
        for _ in 0..LONGEST_HOLIDAY {
            if self.is_working_day(candidate) {
                return Some(candidate);
            }
            candidate = direction.step(candidate)?;
        }
        None
    }

    /// `day` itself if it is a working day, else the first one after it. A calendar without any
    /// in sight gives `day` back.
    #[must_use]
    pub fn next_working_day(&self, day: NaiveDate) -> NaiveDate {
        self.seek(day, Direction::Forward).unwrap_or(day)
    }

    /// `day` itself if it is a working day, else the last one before it. A calendar without any
    /// in sight gives `day` back.
    #[must_use]
    pub fn previous_working_day(&self, day: NaiveDate) -> NaiveDate {
        self.seek(day, Direction::Back).unwrap_or(day)
    }

    /// The last working day from `first` to `last`, both included.
    #[must_use]
    pub fn last_working_day_within(&self, first: NaiveDate, last: NaiveDate) -> Option<NaiveDate> {
        self.seek(last, Direction::Back).filter(|day| *day >= first)
    }

    /// The so-manieth working day after `day`, or before it when negative; 0 gives `day` itself,
    /// whatever it is. Stops at the last working day in sight, and after ten years.
    #[must_use]
    pub fn add_working_days(&self, day: NaiveDate, count: i32) -> NaiveDate {
        let direction = if count < 0 { Direction::Back } else { Direction::Forward };
        let mut reached = day;
        for _ in 0..count.unsigned_abs().min(FARTHEST) {
            let next = direction.step(reached).and_then(|next| self.seek(next, direction));
            let Some(next) = next else { break };
            reached = next;
        }
        reached
    }

    /// How many working days lead from `from` to `to`: those after `from`, up to and including
    /// `to`. Negative when `to` lies before `from`. Undoes [`Self::add_working_days`].
    #[must_use]
    pub fn working_days_between(&self, from: NaiveDate, to: NaiveDate) -> i32 {
        if to < from {
            let days = to.iter_days().take_while(|day| *day < from);
            return -self.count(days);
        }
        self.count(from.iter_days().skip(1).take_while(|day| *day <= to))
    }

    fn count(&self, days: impl Iterator<Item = NaiveDate>) -> i32 {
        let farthest = usize::try_from(FARTHEST).unwrap_or(usize::MAX);
        let working = days.take(farthest).filter(|day| self.is_working_day(*day));
        i32::try_from(working.count()).unwrap_or(i32::MAX)
    }

    /// The last day of the school term that `day` lies in, if it lies in one.
    #[must_use]
    pub fn last_day_of_term_containing(&self, day: NaiveDate) -> Option<NaiveDate> {
        self.terms.iter().filter(|span| contains(span, day)).map(|span| span.ends_on).max()
    }

    /// Whether it is afternoon (from 12:00) on the last Friday of a term: the one time in term at
    /// which no school wants mail. `at` is London time.
    #[must_use]
    pub fn is_last_friday_afternoon(&self, at: NaiveDateTime) -> bool {
        let noon = NaiveTime::MIN + chrono::TimeDelta::hours(12);
        let day = at.date();
        day.weekday() == Weekday::Fri
            && at.time() >= noon
            && self.last_day_of_term_containing(day).is_some_and(|last| {
                day.checked_add_days(Days::new(7)).is_none_or(|next_friday| last < next_friday)
            })
    }
}
