//! Reminders, the messages they travel in, and the timetable.

pub mod message;
pub mod message_event;
pub mod occurrence;
pub mod reminder;
