//! Which step of a visit may follow which, and by whom.

use super::{Party, VisitState, VisitStep};

/// Why a step cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// It was called off.
    #[error("This visit was cancelled; propose another.")]
    Cancelled,
    /// It took place and was written down.
    #[error("This visit took place and is recorded.")]
    Recorded,
    /// Both sides agreed already.
    #[error("Both sides have agreed to this visit already.")]
    Agreed,
    /// One cannot agree to one's own proposal.
    #[error("Your side named this time; the other side agrees to it.")]
    OwnProposal,
    /// What was done is written down by those who came.
    #[error("A visit is recorded by the lead's side.")]
    ByTheHub,
    /// There is no record yet to put right.
    #[error("This visit is not recorded yet.")]
    NotRecorded,
    /// A visit is proposed once; after that it is rescheduled.
    #[error("This visit is proposed already; name another time for it.")]
    Proposed,
}

/// Whether `party` may take `step` with a visit in `state`, where the time that stands was named by
/// `proposed_by`. A visit that took place may be recorded although nobody had agreed to it, and one recorded by
/// mistake is cancelled by the side that records.
///
/// # Errors
/// Why not.
pub fn may(
    state: VisitState,
    step: VisitStep,
    party: Party,
    proposed_by: Party,
) -> Result<(), NotNow> {
    use VisitState::{Agreed, Cancelled, Proposed, Recorded};
    match (step, state) {
        (_, Cancelled) => Err(NotNow::Cancelled),
        (VisitStep::Proposed, _) => Err(NotNow::Proposed),
        (VisitStep::Corrected, Proposed | Agreed) => Err(NotNow::NotRecorded),
        (VisitStep::Recorded, Proposed | Agreed) | (VisitStep::Corrected, Recorded) => {
            match party {
                Party::Hub => Ok(()),
                Party::Partner => Err(NotNow::ByTheHub),
            }
        }
        (VisitStep::Cancelled, Recorded) if party == Party::Hub => Ok(()),
        (_, Recorded) => Err(NotNow::Recorded),
        (VisitStep::Agreed, Agreed) => Err(NotNow::Agreed),
        (VisitStep::Agreed, Proposed) if party == proposed_by => Err(NotNow::OwnProposal),
        (VisitStep::Agreed, Proposed)
        | (VisitStep::Rescheduled | VisitStep::Cancelled, Proposed | Agreed) => Ok(()),
    }
}
