//! Which reminders an obligation needs now, and whether one is still wanted.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use super::kinds::{Audience, ReminderKind, days, steps};
use super::{ObligationFacts, PlannedReminder, Step};
use crate::calendar::{Calendar, end_of_day, local, moment};
use crate::commitments::ObligationState;
use crate::programme::{Policy, Reminders};

/// How long the last step of an audience waits for a worker, in working days: a month late it
/// would be noise.
const LAST_STEP_STAYS: i32 = 20;

/// Days added to both ends of [`reach`], for calendars that end.
const TO_BE_SURE: Days = Days::new(7);

/// The first and the last due day of which anything can be to remind of on `today`, whichever of
/// `calendars` counts: [`plan`] answers nothing for an obligation due outside.
#[must_use]
pub fn reach(policy: &Policy, today: NaiveDate, calendars: &[Calendar]) -> (NaiveDate, NaiveDate) {
    let all: Vec<_> = policy.all_reminders().flat_map(|own| steps(&own, None)).collect();
    let distances = || all.iter().map(|(distance, ..)| *distance);
    let ahead = distances().map(|days| -days).max().unwrap_or(0).max(0);
    let behind = distances().max().unwrap_or(0).max(0).saturating_add(LAST_STEP_STAYS);
    let first = calendars.iter().map(|one| one.add_working_days(today, -behind)).min();
    let last = calendars.iter().map(|one| one.add_working_days(today, ahead)).max();
    (first.unwrap_or(today) - TO_BE_SURE, last.unwrap_or(today) + TO_BE_SURE)
}

/// One step and the time in which it makes sense.
pub(super) struct Window {
    pub(super) kind: &'static ReminderKind,
    pub(super) step: Step,
    /// Working days from the due day, whichever way.
    pub(super) distance: u32,
    pub(super) opens_on: NaiveDate,
    pub(super) closes_at: DateTime<Utc>,
}

impl Window {
    /// Whether a mail that goes on `send_on`, decided at `now`, is inside it.
    fn is_open(&self, now: DateTime<Utc>, send_on: NaiveDate) -> bool {
        self.opens_on <= local(now).date() && midnight(send_on).max(now) < self.closes_at
    }
}

/// Why nobody is to be reminded of an obligation any more, or for as long as nobody changes anything.
pub(super) fn pointless(facts: &ObligationFacts) -> Option<&'static str> {
    match facts.state {
        ObligationState::Open => {}
        ObligationState::Met => return Some("It is done."),
        ObligationState::Excused => return Some("It was excused."),
        ObligationState::Missed => return Some("Its day has passed and cannot come back."),
        ObligationState::Cancelled => return Some("It is no longer owed."),
    }
    if !facts.live {
        return Some("Who owes it is paused, closed or no longer taking part.");
    }
    facts.nothing_left_to_attend.then_some("The last event it could be met at is over.")
}

/// Whether it is too early on a day to remind of it.
fn too_early(facts: &ObligationFacts, day: NaiveDate) -> bool {
    facts.opens_on.is_some_and(|opens_on| day < opens_on)
}

/// Why a step of an obligation never goes to anybody, whenever it is.
pub(super) fn never(facts: &ObligationFacts, step: Step) -> Option<&'static str> {
    let before = matches!(step, Step::Before(_));
    if before && facts.reminded_by_survey {
        return Some("The survey reminds of it by letters of its own.");
    }
    let offered = facts.kind.depends_on_an_offer() && !before;
    offered.then_some("It takes an offer of the lead, so that nobody is reminded of it as late.")
}

/// Plans what one obligation still needs as of `now`: for each audience, the step whose window is
/// open and that is not in the ledger. A window opens on the step's day and closes on the day of
/// the audience's next step, or, before the due day, with it; so a late run sends the latest step
/// once, and never the ones it slept through. "Inside the window and not in the ledger", never
/// "exactly now", is what makes a late run right.
///
/// What a partner can do only if its lead offers it is reminded of beforehand, and never as late.
#[must_use]
pub fn plan(facts: &ObligationFacts, policy: &Policy, now: DateTime<Utc>) -> Vec<PlannedReminder> {
    let today = local(now).date();
    if pointless(facts).is_some() || too_early(facts, today) {
        return Vec::new();
    }
    windows(facts, policy)
        .into_iter()
        .filter(|window| never(facts, window.step).is_none())
        .filter(|window| window.is_open(now, today))
        .flat_map(|window| {
            let people = window.kind.audience.people(facts).iter();
            let mut people: Vec<_> =
                people.filter(|person| !facts.ledger.contains(&(window.step, **person))).collect();
            people.sort();
            people.dedup();
            people
                .into_iter()
                .filter_map(|person| Some((person, facts.days(*person).next(today)?)))
                .filter(|(_, send_on)| window.is_open(now, *send_on))
                .map(|(person, send_on)| PlannedReminder {
                    obligation_id: facts.id,
                    step: window.step,
                    person_id: *person,
                    revision: facts.revision,
                    send_on,
                    expires_at: window.closes_at,
                    reason: (window.kind.reason)(window.distance, facts.due_on),
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

pub(super) fn windows(facts: &ObligationFacts, policy: &Policy) -> Vec<Window> {
    let policy = policy.reminders(facts.kind);
    [Audience::Owners, Audience::HubLeads, Audience::Programme]
        .into_iter()
        .flat_map(|audience| windows_of(audience, facts, &policy))
        .collect()
}

/// The windows of one audience, one after the other.
fn windows_of(audience: Audience, facts: &ObligationFacts, policy: &Reminders<'_>) -> Vec<Window> {
    let calendar = &facts.calendar;
    let mut steps = steps(policy, Some(audience));
    steps.dedup_by_key(|(distance, _, _)| *distance);
    let opens: Vec<_> = steps
        .iter()
        .map(|(distance, _, _)| calendar.add_working_days(facts.due_on, *distance))
        .collect();
    let stop = policy
        .stop_after
        .map(|after| end_of_day(calendar.add_working_days(facts.due_on, days(after))));
    steps
        .iter()
        .enumerate()
        .map(|(index, (distance, step, kind))| {
            let next = opens.get(index + 1).copied();
            let closes_at = closes_at(*distance, opens[index], next, facts.due_on, calendar);
            Window {
                kind,
                step: *step,
                distance: distance.unsigned_abs(),
                opens_on: opens[index],
                closes_at: stop.map_or(closes_at, |stop| closes_at.min(stop)),
            }
        })
        .collect()
}

fn closes_at(
    distance: i32,
    day: NaiveDate,
    next: Option<NaiveDate>,
    due_on: NaiveDate,
    calendar: &Calendar,
) -> DateTime<Utc> {
    let next = next.unwrap_or_else(|| calendar.add_working_days(day, LAST_STEP_STAYS));
    if distance < 0 { midnight(next).min(end_of_day(due_on)) } else { midnight(next) }
}

pub(super) fn midnight(day: NaiveDate) -> DateTime<Utc> {
    moment(day.and_time(NaiveTime::MIN))
}

/// Why a planned reminder must not go out as things stand, or `None` if it is still wanted. Asked
/// when a digest is put together and again at the moment of sending.
#[must_use]
pub fn unwanted(
    facts: &ObligationFacts,
    reminder: &PlannedReminder,
    now: DateTime<Utc>,
) -> Option<&'static str> {
    if let Some(reason) = pointless(facts) {
        return Some(reason);
    }
    if facts.reminded_by_survey && matches!(reminder.step, Step::Before(_)) {
        return Some("The survey reminds of it by letters of its own.");
    }
    if facts.revision != reminder.revision {
        return Some("Its due day has moved.");
    }
    if reminder.expires_at <= now {
        return Some("Its moment has passed.");
    }
    if too_early(facts, local(now).date()) {
        return Some("It cannot be done yet.");
    }
    let audience = reminder.step.kind()?.audience;
    let addressed = audience.people(facts).contains(&reminder.person_id);
    (!addressed).then_some("This person is no longer the one to tell.")
}
