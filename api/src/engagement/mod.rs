//! Engagement alerts.

pub mod map;
pub mod mutations;
pub mod subscription;
