//! Raises when a partner's self-assessment is overdue.

use super::{Case, Decision, PARTNER, Rule, RuleName, late};
use crate::calendar::working_days_in_words;

/// See the module's description.
pub(super) const RULE: Rule = Rule {
    name: RuleName::SelfAssessmentMissing,
    version: 1,
    about: PARTNER,
    by_term: false,
    settles: false,
    decide,
};

fn decide(case: &Case<'_>) -> Decision {
    let least = case.policy.alerts.self_assessment_overdue_by;
    let late = late::overdue_by(case, RuleName::SelfAssessmentMissing, least);
    case.raise_if_any(
        late.into_iter().map(late::was_due).collect(),
        |_| "The self-assessment is missing.".to_owned(),
        format!("Overdue by {} or more", working_days_in_words(least)),
    )
}
