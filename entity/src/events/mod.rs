//! Bookings and attendance of events. The events themselves are `programme::event`.

pub mod booking;
pub mod event_attendance;
