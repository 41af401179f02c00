//! Engagement alerts.

pub mod map;
