//! Raises when something promised is overdue by more working days than the programme allows.

use chrono::{DateTime, Utc};

use super::{Decision, EngagementFacts, Evidence, ObligationEvidence, Rule, RuleName};
use crate::calendar::end_of_day;
use crate::calendar::{in_words, local, working_days_in_words};
use crate::commitments::is_overdue;
use crate::programme::Policy;

/// See the module's description.
pub(super) const RULE: Rule = Rule { name: RuleName::OverdueObligation, version: 1, decide };

fn decide(facts: &EngagementFacts, policy: &Policy, now: DateTime<Utc>) -> Decision {
    let today = local(now).date();
    let mut overdue: Vec<_> = facts
        .obligations
        .iter()
        .filter(|obligation| can_flag(obligation))
        .filter(|obligation| is_overdue(obligation.state, end_of_day(obligation.due_on), now))
        .filter_map(|obligation| {
            let days = facts.calendar.working_days_between(obligation.due_on, today);
            let days = u32::try_from(days).ok()?;
            (days >= policy.alert_when_overdue_by).then_some((obligation, days))
        })
        .collect();
    overdue.sort_by_key(|(obligation, _)| (obligation.due_on, obligation.id));
    if overdue.is_empty() {
        return Decision::Clear;
    }
    let grace = i32::try_from(policy.grace_working_days).unwrap_or(i32::MAX);
    let in_grace = today < facts.calendar.add_working_days(facts.joined_on, grace);
    if !facts.live || in_grace {
        return Decision::Keep;
    }
    let allowed = working_days_in_words(policy.alert_when_overdue_by);
    let count = match overdue.len() {
        1 => "1 obligation is".to_owned(),
        count => format!("{count} obligations are"),
    };
    Decision::Raise {
        summary: format!("{count} overdue by {allowed} or more."),
        threshold: format!("Overdue by {allowed} or more"),
        evidence: overdue
            .into_iter()
            .map(|(obligation, days)| Evidence {
                obligation_id: obligation.id,
                fact: format!(
                    "{} was due on {}, {} ago",
                    obligation.title,
                    in_words(obligation.due_on),
                    working_days_in_words(days)
                ),
            })
            .collect(),
    }
}

/// A partner can use only what the lead offers.
fn can_flag(obligation: &ObligationEvidence) -> bool {
    !obligation.kind.depends_on_an_offer() || obligation.offer_turned_down
}
