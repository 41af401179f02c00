//! Raises when a hub supports more partners than it can, or, once it has had a term to find them,
//! fewer than it should.

use super::{Case, Decision, Evidence, HUB, Rule, RuleName, count};
use crate::calendar::in_words;

/// See the module's description.
pub(super) const RULE: Rule = Rule {
    name: RuleName::Capacity,
    version: 1,
    about: HUB,
    by_term: false,
    settles: true,
    decide,
};

fn decide(case: &Case<'_>) -> Decision {
    let facts = case.facts;
    if facts.fewest_partners.is_none() && facts.most_partners.is_none() {
        return Decision::NoData;
    }
    let partners = u32::try_from(facts.partners.len()).unwrap_or(u32::MAX);
    let running = count(facts.partners.len(), "partner is", "partners are");
    let first_term = facts
        .terms
        .iter()
        .filter(|term| term.term.starts_on >= facts.joined_on)
        .map(|term| term.term.ends_on)
        .min();
    let fact = match (facts.fewest_partners, facts.most_partners, first_term) {
        (_, Some(most), _) if partners > most => {
            Some(format!("{running} supported; the hub can support {most}"))
        }
        (Some(fewest), _, Some(ended)) if partners < fewest && ended < case.today() => {
            let ended = in_words(ended);
            Some(format!(
                "{running} supported; it should be {fewest} after the first term, which ended on {ended}"
            ))
        }
        _ => None,
    };
    let summary = fact.clone().unwrap_or_default();
    case.raise_if_any(
        fact.map(|fact| Evidence { fact, ..Evidence::default() }).into_iter().collect(),
        |_| format!("{summary}."),
        "More than the most, or after the first term fewer than the fewest".to_owned(),
    )
}
