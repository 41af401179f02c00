//! Enrolments and the obligations that follow from them.

mod inputs;
pub mod map;
pub mod mutations;
pub mod obligations;
pub mod standing;
