//! What kind of plan a partner writes, and from when on it counts as agreed.

use chrono::{DateTime, NaiveDate, Utc};

use super::{ActionState, PlanKind};
use crate::calendar::end_of_day;
use crate::commitments::CommitmentKind;
use crate::visits::Party;

/// The plan that a pathway with these commitments asks for; none, if it asks for none. An
/// improvement plan stands in for an action plan.
#[must_use]
pub fn kind_of(commitments: &[CommitmentKind]) -> Option<PlanKind> {
    if commitments.contains(&CommitmentKind::ImprovementPlan) {
        Some(PlanKind::Improvement)
    } else {
        commitments.contains(&CommitmentKind::ActionPlan).then_some(PlanKind::Action)
    }
}

/// Whether a plan of this kind needs that side's agreement: an action plan is the partner's own, an
/// improvement plan is written together.
#[must_use]
pub fn needs(kind: PlanKind, party: Party) -> bool {
    kind == PlanKind::Improvement || party == Party::Partner
}

/// The London day from which a plan counts as agreed: when the last side that has to did so.
#[must_use]
pub fn agreed_on(
    kind: PlanKind,
    partner: Option<NaiveDate>,
    hub: Option<NaiveDate>,
) -> Option<NaiveDate> {
    match kind {
        PlanKind::Action => partner,
        PlanKind::Improvement => Some(partner?.max(hub?)),
    }
}

/// Why a plan cannot be agreed to yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// It has no objective.
    #[error("A plan needs at least one objective first.")]
    NoObjective,
    /// No objective has anything to be done.
    #[error("A plan needs at least one objective with an action first.")]
    NoAction,
}

/// Whether there is something to agree to, given the number of actions of each objective that was
/// not dropped.
///
/// # Errors
/// What is missing.
pub fn ready(actions: &[usize]) -> Result<(), NotReady> {
    match actions {
        [] => Err(NotReady::NoObjective),
        some if some.iter().all(|count| *count == 0) => Err(NotReady::NoAction),
        _ => Ok(()),
    }
}

/// Whether an agreed action is overdue at `now`: open, and its London day is over.
#[must_use]
pub fn is_overdue(state: ActionState, due_on: NaiveDate, now: DateTime<Utc>) -> bool {
    state == ActionState::Open && end_of_day(due_on) <= now
}
