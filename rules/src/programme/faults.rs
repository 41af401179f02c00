//! What can be wrong with a set-up file.

use super::{SetUp, SetUpFault};

/// See [`SetUp::faults`].
pub(super) fn find(_set_up: &SetUp) -> Vec<SetUpFault> {
    Vec::new()
}
