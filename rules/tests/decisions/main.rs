//! What the rules decide, in tables and properties.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it did not expect")]

mod calendar;
mod deed_properties;
mod engagement;
mod hub_deeds;
mod latecomers;
mod messages;
mod obligation_properties;
mod obligations;
mod reminder_properties;
mod reminders;
mod send_time;
mod set_up;
mod support;
