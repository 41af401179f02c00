//! Raises when a hub has published no open day for a term that is half over.

use super::{Case, Decision, HUB, Rule, RuleName, late};
use crate::commitments::{CommitmentKind, ObligationState, middle};

/// See the module's description.
pub(super) const RULE: Rule = Rule {
    name: RuleName::NoOpenDayOffered,
    version: 1,
    about: HUB,
    by_term: true,
    settles: false,
    decide,
};

fn decide(case: &Case<'_>) -> Decision {
    let Some(term) = case.recent_term() else { return Decision::Clear };
    let offered = case.facts.open_days.iter().any(|day| {
        day.cohort_id.is_none_or(|cohort| cohort == term.cohort_id)
            && term.term.starts_on <= day.on
            && day.on <= term.term.ends_on
    });
    let half_over = middle(&term.term, &case.facts.calendar) < case.today();
    let mut owed: Vec<_> = case
        .facts
        .obligations
        .iter()
        .filter(|_| half_over && !offered)
        .filter(|one| one.kind == CommitmentKind::HostOpenDay && one.term_id == Some(term.term.id))
        .filter(|one| matches!(one.state, ObligationState::Open | ObligationState::Missed))
        .collect();
    owed.sort_by_key(|one| (one.due_on, one.id));
    let evidence = owed.into_iter().map(|one| {
        if one.state == ObligationState::Open && one.due_on >= case.today() {
            late::is_due(one)
        } else {
            late::was_due(one)
        }
    });
    case.raise_if_any(
        evidence.collect(),
        |_| format!("No open day is published for {}.", term.name),
        "None published when half the term is over".to_owned(),
    )
}
