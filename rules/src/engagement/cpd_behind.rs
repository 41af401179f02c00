//! Raises when a partner is behind with several CPD sessions: neither attended nor, by the day given
//! for that, watched.

use super::{Case, Decision, PARTNER, Rule, RuleName, count, late};

/// See the module's description.
pub(super) const RULE: Rule = Rule {
    name: RuleName::CpdBehind,
    version: 1,
    about: PARTNER,
    by_term: false,
    settles: false,
    decide,
};

fn decide(case: &Case<'_>) -> Decision {
    let most = case.policy.alerts.cpd_sessions_behind;
    // What closed as missed cannot be made good, so there is nothing to be behind with.
    let mut late = late::overdue_by(case, RuleName::CpdBehind, 0);
    if u32::try_from(late.len()).is_ok_and(|late| late < most) {
        late.clear();
    }
    case.raise_if_any(
        late.into_iter().map(late::was_due).collect(),
        |evidence| {
            let number = count(evidence.len(), "CPD session is", "CPD sessions are");
            format!("{number} neither attended nor watched by the day given.")
        },
        format!("{} behind or more", count(most as usize, "session", "sessions")),
    )
}
