//! Raises when a partner missed the open day of this term or of the last. It ends when the partner
//! is excused after all, attends one of a later term, or when another term is over.

use super::{Case, Decision, Evidence, OpenDayFacts, PARTNER, Rule, RuleName, SubjectTerm, late};
use crate::calendar::{end_of_day, in_words};
use crate::commitments::{CommitmentKind, ObligationState, is_overdue};
use crate::events::{AttendanceMode, BookingState};

/// See the module's description.
pub(super) const RULE: Rule = Rule {
    name: RuleName::OpenDayMissed,
    version: 1,
    about: PARTNER,
    by_term: true,
    settles: false,
    decide,
};

fn decide(case: &Case<'_>) -> Decision {
    let Some(term) = case.recent_term() else { return Decision::Clear };
    // The obligation is there only where an open day was published: an offer was made.
    let mut missed: Vec<_> = open_days(case, term)
        .filter(|one| {
            one.state == ObligationState::Missed
                || is_overdue(one.state, end_of_day(one.due_on), case.now)
        })
        .collect();
    missed.sort_by_key(|one| (one.due_on, one.id));
    if attended_a_later_one(case, term) {
        missed.clear();
    }
    let mut evidence: Vec<Evidence> = missed.into_iter().map(late::was_due).collect();
    if !evidence.is_empty() {
        evidence.extend(offers(case, term));
    }
    case.raise_if_any(
        evidence,
        |_| format!("The open day of {} was missed.", term.name),
        "Not attended by its day".to_owned(),
    )
}

fn open_days<'a>(
    case: &Case<'a>,
    term: &SubjectTerm,
) -> impl Iterator<Item = &'a super::ObligationEvidence> {
    let id = term.term.id;
    case.facts
        .obligations
        .iter()
        .filter(move |one| one.kind == CommitmentKind::AttendOpenDay && one.term_id == Some(id))
}

fn attended_a_later_one(case: &Case<'_>, term: &SubjectTerm) -> bool {
    case.facts
        .terms
        .iter()
        .filter(|later| later.cohort_id == term.cohort_id)
        .filter(|later| later.term.ordinal > term.term.ordinal)
        .any(|later| open_days(case, later).any(|one| one.state == ObligationState::Met))
}

/// The open days of the term that have been, and what the partner made of them.
fn offers(case: &Case<'_>, term: &SubjectTerm) -> Vec<Evidence> {
    let today = case.today();
    let mut offers: Vec<&OpenDayFacts> = case
        .facts
        .open_days
        .iter()
        .filter(|day| term.term.starts_on <= day.on && day.on <= term.term.ends_on)
        .filter(|day| day.on < today)
        .collect();
    offers.sort_by_key(|day| (day.on, day.id));
    offers
        .into_iter()
        .map(|day| Evidence {
            event_id: Some(day.id),
            fact: format!("{} was on {}: {}", day.title, in_words(day.on), outcome(day)),
            ..Evidence::default()
        })
        .collect()
}

fn outcome(day: &OpenDayFacts) -> &'static str {
    match (day.attendance, day.booking) {
        (Some(AttendanceMode::Attended), _) => "attended, but not as asked",
        (Some(AttendanceMode::WatchedRecording), _) => "its recording was watched",
        (Some(AttendanceMode::Absent | AttendanceMode::NotWatched), _) => "did not come",
        (None, Some(BookingState::Booked)) => "booked, and nothing is recorded",
        (None, Some(BookingState::Waiting)) => "on the waiting list",
        (None, Some(BookingState::Cancelled)) => "booked and cancelled",
        (None, None) => "not booked",
    }
}
