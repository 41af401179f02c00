//! The worker of Hubs: looks at the facts, plans reminders, bundles them into digests, delivers
//! them and assesses engagement. It meets the api only in the database.

pub mod app;
pub mod commands;
pub mod explain;
mod failpoint;
pub mod heartbeat;
pub mod jobs;
pub mod ledger;
pub mod mail;
pub mod metrics;
pub mod pass;
pub mod simulate;

use chrono::{NaiveDate, NaiveDateTime};

/// A day of the command line, such as `2026-10-05`.
///
/// # Errors
/// A text of another form, or a day that no calendar has.
pub fn day(text: &str) -> Result<NaiveDate, String> {
    let problem = "give a day of the calendar such as 2026-10-05";
    text.parse().map_err(|_| problem.to_owned())
}

/// A London time of the command line, such as `2026-10-05T08:00`.
///
/// # Errors
/// A text of another form.
pub fn london_time(text: &str) -> Result<NaiveDateTime, String> {
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .ok_or_else(|| "give a London time such as 2026-10-05T08:00".to_owned())
}
