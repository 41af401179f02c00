//! How a partner stands with the support days of a term: what is needed by now, used and offered.

use chrono::{DateTime, NaiveDate, Utc};

use super::{AlertPolicy, ObligationEvidence, VisitFacts};
use crate::calendar::{Calendar, local};
use crate::commitments::{CommitmentKind, ObligationState, TermFacts, middle};
use crate::visits::{Party, VisitKind, VisitState};

/// Support time of one partner in one term, in half days.
pub(super) struct Standing<'a> {
    /// To be used by now.
    pub needed: i32,
    /// Used.
    pub used: i32,
    /// Used, agreed, or offered by the lead, whatever the partner made of the offer.
    pub offered: i32,
    /// Offers the partner cancelled, or let pass without an answer; in the order of their days.
    pub turned_down: Vec<&'a VisitFacts>,
}

/// The standing as of a moment.
pub(super) fn standing<'a>(
    obligations: &[ObligationEvidence],
    joined_on: NaiveDate,
    visits: &'a [VisitFacts],
    term: &TermFacts,
    calendar: &Calendar,
    policy: &AlertPolicy,
    now: DateTime<Utc>,
) -> Standing<'a> {
    let mut visits: Vec<&VisitFacts> = visits
        .iter()
        .filter(|visit| visit.kind == VisitKind::SupportDay)
        .filter(|visit| term.starts_on <= visit.on && visit.on <= term.ends_on)
        .collect();
    visits.sort_by_key(|visit| (visit.on, visit.id));
    let sum = |counts: fn(&VisitFacts) -> bool| {
        visits.iter().filter(|visit| counts(visit)).map(|visit| visit.half_days).sum()
    };
    Standing {
        needed: needed(obligations, joined_on, term, calendar, policy, now),
        used: sum(|visit| visit.state == VisitState::Recorded),
        offered: sum(is_offer),
        turned_down: visits.iter().copied().filter(|visit| is_turned_down(visit, now)).collect(),
    }
}

/// What the pathway wants used before today; where it dates nothing by the middle of the term, a
/// share of the whole once the middle is past. What was settled by hand asks for no visit. Of who
/// joined during the term no share is asked: what the pathway dates was put off for it.
fn needed(
    obligations: &[ObligationEvidence],
    joined_on: NaiveDate,
    term: &TermFacts,
    calendar: &Calendar,
    policy: &AlertPolicy,
    now: DateTime<Utc>,
) -> i32 {
    let today = local(now).date();
    let of_term: Vec<_> = obligations
        .iter()
        .filter(|one| one.kind == CommitmentKind::SupportDays && one.term_id == Some(term.id))
        .collect();
    let asked = of_term.iter().filter(|one| match one.state {
        ObligationState::Open | ObligationState::Missed => true,
        ObligationState::Met => !one.by_hand,
        ObligationState::Excused | ObligationState::Cancelled => false,
    });
    let due: i32 =
        asked.clone().filter(|one| one.due_on < today).map(|one| one.half_days.max(1)).sum();
    let middle = middle(term, calendar);
    // A pathway that dates some by the middle does so however those were settled.
    let dated = of_term.iter().any(|one| one.due_on <= middle);
    if middle >= today || dated || term.starts_on < joined_on {
        return due;
    }
    let share = i32::try_from(policy.support_days_by_mid_term.min(100)).unwrap_or(100);
    let total: i32 = asked.map(|one| one.half_days.max(1)).sum();
    due.max((total * share + 99) / 100)
}

fn is_offer(visit: &VisitFacts) -> bool {
    match visit.state {
        VisitState::Recorded | VisitState::Agreed => true,
        VisitState::Proposed => visit.proposed_by == Party::Hub && could_be_answered(visit),
        VisitState::Cancelled => visit.cancelled_by == Some(Party::Partner),
    }
}

fn is_turned_down(visit: &VisitFacts, now: DateTime<Utc>) -> bool {
    match visit.state {
        VisitState::Cancelled => visit.cancelled_by == Some(Party::Partner),
        VisitState::Proposed => {
            visit.proposed_by == Party::Hub && could_be_answered(visit) && visit.starts_at <= now
        }
        VisitState::Agreed | VisitState::Recorded => false,
    }
}

/// Not so a time that had passed when the lead wrote it down, in order to record what was done then.
fn could_be_answered(visit: &VisitFacts) -> bool {
    visit.changed_at < visit.starts_at
}

/// So many half days as days: `1 day`, `2.5 days`.
pub(super) fn days(half_days: i32) -> String {
    match (half_days / 2, half_days % 2) {
        (0, 1) => "half a day".to_owned(),
        (1, 0) => "1 day".to_owned(),
        (whole, 0) => format!("{whole} days"),
        (whole, _) => format!("{whole}.5 days"),
    }
}
