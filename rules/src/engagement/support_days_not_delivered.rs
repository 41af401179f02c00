//! Raises when a hub has offered some of its partners fewer support days of a term than they were to
//! have used by now. What a partner turned down was offered.

use super::support::{days, standing};
use super::{Case, Decision, Evidence, HUB, PartnerFacts, Rule, RuleName, SubjectTerm, count};
use crate::commitments::{CommitmentKind, ObligationState};

/// See the module's description.
pub(super) const RULE: Rule = Rule {
    name: RuleName::SupportDaysNotDelivered,
    version: 1,
    about: HUB,
    by_term: true,
    settles: true,
    decide,
};

fn decide(case: &Case<'_>) -> Decision {
    let Some(term) = case.recent_term() else { return Decision::Clear };
    let promised = case.facts.obligations.iter().any(|one| {
        one.kind == CommitmentKind::DeliverSupportDays
            && one.term_id == Some(term.term.id)
            && matches!(one.state, ObligationState::Open | ObligationState::Missed)
    });
    let mut partners: Vec<_> = case
        .facts
        .partners
        .iter()
        .filter(|partner| promised && partner.cohort_id == term.cohort_id && partner.live)
        .filter(|partner| !case.is_in_grace(partner.joined_on, &partner.calendar))
        .collect();
    partners.sort_by_key(|partner| (&partner.name, partner.enrolment_id));
    case.raise_if_any(
        partners.into_iter().filter_map(|partner| short(case, term, partner)).collect(),
        |evidence| {
            let number = count(evidence.len(), "partner has", "partners have");
            format!("{number} been offered too few support days in {}.", term.name)
        },
        "Fewer offered or delivered than partners should have used".to_owned(),
    )
}

fn short(case: &Case<'_>, term: &SubjectTerm, partner: &PartnerFacts) -> Option<Evidence> {
    let now = standing(
        &partner.support_days,
        partner.joined_on,
        &partner.visits,
        &term.term,
        &partner.calendar,
        &case.policy.alerts,
        case.now,
    );
    (now.offered < now.needed).then(|| Evidence {
        enrolment_id: Some(partner.enrolment_id),
        fact: format!(
            "{}: {} of support offered or delivered in {}, where {} should be used by now",
            partner.name,
            days(now.offered),
            term.name,
            days(now.needed)
        ),
        ..Evidence::default()
    })
}
