//! Reminders and the messages that carry them.

pub mod map;
pub mod mutations;
pub mod reminding;
pub mod subscription;
pub mod telling;
