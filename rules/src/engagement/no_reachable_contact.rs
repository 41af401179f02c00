//! Raises when a partner has nobody, in any of the roles that are reminded, whom mail can reach.

use super::{Case, Decision, Evidence, PARTNER, Rule, RuleName};

/// See the module's description.
pub(super) const RULE: Rule = Rule {
    name: RuleName::NoReachableContact,
    version: 1,
    about: PARTNER,
    by_term: false,
    settles: true,
    decide,
};

fn decide(case: &Case<'_>) -> Decision {
    let mut asked = case
        .facts
        .contacts
        .iter()
        .filter(|contact| case.policy.recipients.contains(&contact.role))
        .peekable();
    let nobody = asked.peek().is_none();
    if asked.any(|contact| contact.reachable) {
        return Decision::Clear;
    }
    let fact = if nobody {
        "Nobody is named as a contact in a role that is reminded"
    } else {
        "Mail to every contact in a role that is reminded has failed for good"
    };
    case.raise_if_any(
        vec![Evidence { fact: fact.to_owned(), ..Evidence::default() }],
        |_| "Nobody at this partner can be reached by mail.".to_owned(),
        "No contact in a role that is reminded whom mail reaches".to_owned(),
    )
}
