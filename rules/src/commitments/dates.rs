//! By when a commitment is due within a term.

use chrono::{Days, NaiveDate};

use super::TermFacts;
use crate::calendar::Calendar;
use crate::programme::DueRule;

/// When something can be done, and by when it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// First day, where the rule has one.
    pub opens_on: Option<NaiveDate>,
    /// Last day.
    pub due_on: NaiveDate,
}

/// The window of a rule within a term, as the school of that calendar works; nothing for
/// [`DueRule::Event`], which follows its events.
pub(super) fn window(rule: DueRule, term: &TermFacts, calendar: &Calendar) -> Option<Window> {
    let due_on = match rule {
        DueRule::Event => return None,
        DueRule::EndOfWeek(week) => end_of_week(week, term, calendar),
        DueRule::StartOfTerm => calendar.next_working_day(term.starts_on),
        DueRule::HalfTerm => half_term(term, calendar),
        DueRule::MidTerm => middle(term, calendar),
        DueRule::EndOfTerm | DueRule::LastWeeks(_) => last_day(term, calendar),
    };
    let opens_on = match rule {
        DueRule::LastWeeks(weeks) => {
            let from = back(term.ends_on, 7 * u64::from(weeks)).max(back(term.starts_on, 1));
            from.succ_opt().map(|day| day.min(due_on))
        }
        _ => None,
    };
    Some(Window { opens_on, due_on })
}

fn back(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

fn last_day(term: &TermFacts, calendar: &Calendar) -> NaiveDate {
    calendar.last_working_day_within(term.starts_on, term.ends_on).unwrap_or(term.ends_on)
}

/// The last working day of the so-manieth week. A week without one, as at half-term, gives the
/// last one before it; a week after the end of the term gives the term's last.
fn end_of_week(week: u32, term: &TermFacts, calendar: &Calendar) -> NaiveDate {
    let first_sunday =
        term.starts_on.week(chrono::Weekday::Mon).checked_last_day().unwrap_or(term.starts_on);
    let later = Days::new(7 * u64::from(week.saturating_sub(1)));
    let sunday = first_sunday.checked_add_days(later).unwrap_or(term.ends_on);
    calendar
        .last_working_day_within(term.starts_on, sunday.min(term.ends_on))
        .unwrap_or_else(|| calendar.next_working_day(term.starts_on))
}

fn half_term(term: &TermFacts, calendar: &Calendar) -> NaiveDate {
    let Some((first, _)) = term.half_term else {
        return middle(term, calendar);
    };
    calendar.last_working_day_within(term.starts_on, back(first, 1)).unwrap_or(first)
}

/// The working day in the middle of the term.
#[must_use]
pub fn middle(term: &TermFacts, calendar: &Calendar) -> NaiveDate {
    let eve = back(term.starts_on, 1);
    let days = calendar.working_days_between(eve, term.ends_on);
    calendar.add_working_days(eve, (days + 1) / 2).max(term.starts_on)
}

/// Whether `day` lies in the term.
pub(super) fn contains(term: &TermFacts, day: NaiveDate) -> bool {
    term.starts_on <= day && day <= term.ends_on
}

/// Name of a term's occurrence of a commitment.
pub(super) fn occurrence(term: &TermFacts) -> String {
    format!("term-{}", term.ordinal)
}
