//! Raises when something promised is overdue by more working days than the programme allows, and no
//! other rule is about promises of its kind.

use super::{AlertSubject, Case, Decision, Rule, RuleName, count, late};
use crate::calendar::working_days_in_words;

/// See the module's description.
pub(super) const RULE: Rule = Rule {
    name: RuleName::OverdueObligation,
    version: 2,
    about: &[AlertSubject::Enrolment, AlertSubject::Hub],
    by_term: false,
    settles: false,
    decide,
};

fn decide(case: &Case<'_>) -> Decision {
    let least = case.policy.alert_when_overdue_by;
    let allowed = working_days_in_words(least);
    let late = late::overdue_by(case, RuleName::OverdueObligation, least);
    case.raise_if_any(
        late.into_iter().map(late::was_due).collect(),
        |evidence| {
            let number = count(evidence.len(), "obligation is", "obligations are");
            format!("{number} overdue by {allowed} or more.")
        },
        format!("Overdue by {allowed} or more"),
    )
}
