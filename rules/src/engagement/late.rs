//! What is overdue, and which rule says so.

use super::{Case, EngagementFacts, Evidence, ObligationEvidence, RuleName};
use crate::calendar::{end_of_day, in_words};
use crate::commitments::{CommitmentKind, ObligationState, is_overdue};

/// The one rule that flags an obligation when it is late.
#[must_use]
pub fn rule_of(facts: &EngagementFacts, obligation: &ObligationEvidence) -> RuleName {
    match obligation.kind {
        CommitmentKind::AttendOpenDay => RuleName::OpenDayMissed,
        CommitmentKind::AttendCpdSession => RuleName::CpdBehind,
        CommitmentKind::SupportDays => RuleName::SupportDaysBehind,
        CommitmentKind::SelfAssessment => RuleName::SelfAssessmentMissing,
        CommitmentKind::ActionPlan | CommitmentKind::ImprovementPlan => RuleName::PlanMissing,
        CommitmentKind::HostOpenDay => RuleName::NoOpenDayOffered,
        CommitmentKind::DeliverSupportDays => RuleName::SupportDaysNotDelivered,
        // While answers come in, the survey's own rules look at them. Without a campaign nobody else
        // would say anything.
        CommitmentKind::PerceptionSurvey | CommitmentKind::EvaluationSurvey
            if facts
                .surveys
                .iter()
                .any(|survey| survey.template_id == Some(obligation.template_id)) =>
        {
            RuleName::SurveyNotStarted
        }
        CommitmentKind::PerceptionSurvey
        | CommitmentKind::EvaluationSurvey
        | CommitmentKind::InitialActions
        | CommitmentKind::Audit
        | CommitmentKind::TrainingModule
        | CommitmentKind::AttendNetworking
        | CommitmentKind::DeepDiveVisit
        | CommitmentKind::ShareDocuments
        | CommitmentKind::Launch
        | CommitmentKind::ProgressReview
        | CommitmentKind::FinalReview
        | CommitmentKind::HostNetworking
        | CommitmentKind::KeepInTouch => RuleName::OverdueObligation,
    }
}

/// What `rule` is to flag and is overdue by `least` working days or more, the oldest first.
pub(super) fn overdue_by<'a>(
    case: &Case<'a>,
    rule: RuleName,
    least: u32,
) -> Vec<&'a ObligationEvidence> {
    let facts = case.facts;
    let mut late: Vec<_> = facts
        .obligations
        .iter()
        .filter(|one| rule_of(facts, one) == rule)
        .filter(|one| is_overdue(one.state, end_of_day(one.due_on), case.now))
        .filter(|one| {
            let days = facts.calendar.working_days_between(one.due_on, case.today());
            u32::try_from(days).is_ok_and(|days| days >= least)
        })
        .collect();
    late.sort_by_key(|one| (one.due_on, one.id));
    late
}

/// Its title, an imperative, told apart from the sentence around it.
fn quoted(obligation: &ObligationEvidence) -> String {
    format!("“{}”", obligation.title)
}

/// That an obligation was due.
pub(super) fn was_due(obligation: &ObligationEvidence) -> Evidence {
    let due = in_words(obligation.due_on);
    Evidence {
        obligation_id: Some(obligation.id),
        fact: if obligation.state == ObligationState::Missed {
            format!("{} closed as missed on {due}", quoted(obligation))
        } else {
            format!("{} was due on {due}", quoted(obligation))
        },
        ..Evidence::default()
    }
}

/// That an obligation is due.
pub(super) fn is_due(obligation: &ObligationEvidence) -> Evidence {
    let fact = format!("{} is due on {}", quoted(obligation), in_words(obligation.due_on));
    Evidence { fact, ..was_due(obligation) }
}
