//! Visits: support days and deep-dive visits.

pub mod map;
pub mod mutations;
pub mod subscription;
