//! What the rules decide, in tables and properties.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it did not expect")]

mod answers;
mod bulletins;
mod calendar;
mod deed_properties;
mod deeds;
mod engagement;
mod engagement_hubs;
mod engagement_life;
mod engagement_open_days;
mod engagement_partners;
mod engagement_surveys;
mod events;
mod feedback;
mod hostile_reports;
mod hosts;
mod hub_deeds;
mod latecomers;
mod messages;
mod notices;
mod obligation_properties;
mod obligations;
mod plans;
mod reminder_policies;
mod reminder_properties;
mod reminders;
mod replies;
mod send_time;
mod set_up;
mod support;
mod survey_letters;
mod survey_results;
mod surveys;
mod verp;
mod visits;
mod why;
