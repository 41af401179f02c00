//! Self-assessments, plans and reviews.

pub mod assessing;
pub mod map;
pub mod mutations;

mod inputs;
mod payloads;

pub use inputs::AgreedActionInput;
