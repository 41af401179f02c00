//! When the week of a hub and the day of a programme are summed up.

use chrono::{Datelike as _, Days, NaiveDate, TimeDelta};

use crate::calendar::Calendar;
use crate::engagement::{AlertState, AlertStep};

/// Days that a hub lead's summary looks ahead, the day of the mail included.
pub const WEEK_LOOKS_AHEAD: Days = Days::new(14);

/// How far back the first summary to a hub lead looks for what partners booked or gave up.
pub const WEEK_LOOKS_BACK: TimeDelta = TimeDelta::days(7);

/// How far back the first mail about alerts to somebody looks.
pub const FIRST_LOOK_BACK: TimeDelta = TimeDelta::days(7);

/// Whether the week is summed up on `today`: on the first two days of it that the school works,
/// usually Monday and Tuesday. The second is for weeks on whose first nobody saw to it; who has had
/// the week's summary gets no other.
#[must_use]
pub fn begins_week(calendar: &Calendar, today: NaiveDate) -> bool {
    let before = today.week(chrono::Weekday::Mon).first_day().iter_days();
    let before = before.take_while(|day| *day < today);
    calendar.is_working_day(today) && before.filter(|day| calendar.is_working_day(*day)).count() < 2
}

/// The week of a day, as `2026-W41`.
#[must_use]
pub fn week_of(day: NaiveDate) -> String {
    let week = day.iso_week();
    format!("{}-W{:02}", week.year(), week.week())
}

/// What a mail about alerts says of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertNews {
    /// It was raised.
    New,
    /// It came back, its snooze ended, or there are more reasons for it.
    Escalated,
    /// It is over.
    Resolved,
}

/// What there is to say of an alert that went through these `steps` since the last mail, and stands
/// at `state` now. What may be over soon, and what nobody was shown, is not worth a line.
#[must_use]
pub fn alert_news(steps: &[AlertStep], state: AlertState) -> Option<AlertNews> {
    let went = |step| steps.contains(&step);
    match state {
        AlertState::Resolved if went(AlertStep::Resolved) => {
            // Raised and gone between two mails: nobody has to know.
            (!went(AlertStep::Raised)).then_some(AlertNews::Resolved)
        }
        AlertState::Firing | AlertState::Acknowledged => {
            let back = [AlertStep::Reopened, AlertStep::Woken, AlertStep::EvidenceChanged];
            if went(AlertStep::Raised) {
                Some(AlertNews::New)
            } else {
                back.into_iter().any(went).then_some(AlertNews::Escalated)
            }
        }
        _ => None,
    }
}
