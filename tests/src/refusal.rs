//! What a write answers that must be refused.

use entity::outcome::{Refusal, RefusalCode, StoreError};

/// Why it was refused.
///
/// # Panics
/// It was not, or something else went wrong.
#[must_use]
pub fn refused<T>(outcome: Result<T, StoreError>) -> Refusal {
    match outcome {
        Err(StoreError::Refused(refusal)) => refusal,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

/// The kind of refusal, and the input field it is about, if one.
///
/// # Panics
/// As [`refused`].
#[must_use]
pub fn refusal<T>(outcome: Result<T, StoreError>) -> (RefusalCode, Option<&'static str>) {
    let refused = refused(outcome);
    (refused.code, refused.field)
}
