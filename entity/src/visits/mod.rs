//! Visits between hubs and partners.

pub mod visit;
pub mod visit_change;
