//! Whether what somebody recorded of an obligation can be taken back, so that it is owed again.

use super::{DeedKind, ObligationState};

/// Why an obligation cannot be opened again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReopened {
    /// It has not been settled.
    #[error("This is open already.")]
    Open,
    /// Its day passed; nobody recorded anything.
    #[error("This closed as missed; it can be recorded as done by its day, or excused.")]
    Missed,
    /// Nobody owes it any more.
    #[error("This is no longer owed.")]
    Cancelled,
    /// A visit met it.
    #[error("A visit met this. Put the visit right instead.")]
    ByVisit,
    /// Something else that was recorded met it.
    #[error(
        "This was not recorded by hand. Put right what met it instead, such as the attendance."
    )]
    ByDeed,
}

/// Whether an obligation in `state`, met by `deed` if by one, can be opened again: only what somebody
/// recorded by hand, or excused.
///
/// # Errors
/// Why not.
pub fn may_reopen(state: ObligationState, deed: Option<DeedKind>) -> Result<(), NotReopened> {
    use DeedKind::{DeepDiveVisit, SupportDay};
    match (state, deed) {
        (ObligationState::Open, _) => Err(NotReopened::Open),
        (ObligationState::Missed, _) => Err(NotReopened::Missed),
        (ObligationState::Cancelled, _) => Err(NotReopened::Cancelled),
        (ObligationState::Met, Some(SupportDay | DeepDiveVisit)) => Err(NotReopened::ByVisit),
        (ObligationState::Met, Some(_)) => Err(NotReopened::ByDeed),
        (ObligationState::Met, None) | (ObligationState::Excused, _) => Ok(()),
    }
}
