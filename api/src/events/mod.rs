//! Events, bookings and event attendance.

mod inputs;
pub mod map;
pub mod mutations;
