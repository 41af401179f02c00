//! Alerts that people are told of at once, and not with the day's.

use crate::engagement::{AlertPolicy, AlertState, AlertStep, RuleName};

/// Most alerts that one person is told of at once by one assessment: more of them are one thing that
/// went wrong somewhere, and the day's mail about alerts names them all.
pub const MOST_AT_ONCE: usize = 5;

/// Whether an alert by this rule is told of at once when it takes this step. It is told of once, when
/// it is first shown; that it comes back is news for the day.
#[must_use]
pub fn is_told_at_once(policy: &AlertPolicy, rule: RuleName, step: AlertStep) -> bool {
    step == AlertStep::Raised && policy.critical.contains(&rule)
}

/// Why nobody has to be told at once any more of an alert that stands there, if so.
#[must_use]
pub fn settled(state: AlertState) -> Option<&'static str> {
    match state {
        AlertState::Firing => None,
        AlertState::Acknowledged => Some("Somebody has taken it on meanwhile."),
        AlertState::Snoozed => Some("Somebody has set it aside meanwhile."),
        AlertState::Pending | AlertState::Clearing | AlertState::Resolved => {
            Some("It is no longer so.")
        }
    }
}
