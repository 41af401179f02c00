//! Raises when a partner has used too few of a term's support days, by the middle of the term or by
//! its end, though the lead offered some and the partner turned them down. Where nothing was offered
//! it is the hub that is flagged.

use super::support::{days, standing};
use super::{Case, Decision, Evidence, PARTNER, Rule, RuleName, VisitFacts, late};
use crate::calendar::in_words;
use crate::commitments::{CommitmentKind, ObligationState};
use crate::visits::VisitState;

/// See the module's description.
pub(super) const RULE: Rule = Rule {
    name: RuleName::SupportDaysBehind,
    version: 1,
    about: PARTNER,
    by_term: true,
    settles: false,
    decide,
};

fn decide(case: &Case<'_>) -> Decision {
    let Some(term) = case.recent_term() else { return Decision::Clear };
    let facts = case.facts;
    let now = standing(
        &facts.obligations,
        term.joined_on,
        &facts.visits,
        &term.term,
        &facts.calendar,
        &case.policy.alerts,
        case.now,
    );
    let mut evidence = Vec::new();
    if now.used < now.needed && !now.turned_down.is_empty() {
        let mut late: Vec<_> = facts
            .obligations
            .iter()
            .filter(|one| one.kind == CommitmentKind::SupportDays)
            .filter(|one| one.term_id == Some(term.term.id) && one.due_on < case.today())
            .filter(|one| matches!(one.state, ObligationState::Open | ObligationState::Missed))
            .collect();
        late.sort_by_key(|one| (one.due_on, one.id));
        evidence.extend(late.into_iter().map(late::was_due));
        evidence.extend(now.turned_down.iter().map(|visit| turned_down(visit)));
    }
    let (used, needed) = (days(now.used), days(now.needed));
    case.raise_if_any(
        evidence,
        |_| format!("Used in {}: {used} of support, where {needed} should be by now.", term.name),
        "Less used than is due, after an offer was turned down".to_owned(),
    )
}

fn turned_down(visit: &VisitFacts) -> Evidence {
    let on = in_words(visit.on);
    Evidence {
        visit_id: Some(visit.id),
        fact: if visit.state == VisitState::Cancelled {
            format!("The partner cancelled the support day of {on}")
        } else {
            format!("The support day offered for {on} was not answered")
        },
        ..Evidence::default()
    }
}
