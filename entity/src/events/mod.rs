//! Events: planning them, booking places, and who was there. The events themselves are
//! [`crate::programme::event`].
//!
//! Rows are locked in one order everywhere, so that two who act at once take turns instead of
//! waiting for each other: enrolments (by id), then events (by id), then what belongs to them.

pub mod booking;
pub mod event_attendance;

pub mod attendance;
pub mod bookings;
mod checks;
pub mod manage;
pub mod places;
mod presence;
pub mod register;
mod seen;
mod wishes;

pub use bookings::{Book, book, cancel_booking, change_booking};
pub use manage::{cancel, create, edit, publish};
pub use presence::{Presence, Watching};
pub use wishes::{Details, Edit, EventEdit, NewEvent};
