//! Reminders and the messages that carry them.

pub mod map;
pub mod subscription;
