//! What the forms on the page of a visit send.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use entity::outcome::{RefusalCode, StoreError};
use rules::calendar::moment;
use rules::visits::Slot;
use serde::Deserialize;

/// What the forms do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Deed {
    #[default]
    Agree,
    Move,
    Cancel,
    Propose,
}

/// What they send.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Answer {
    pub deed: Deed,
    pub version: i32,
    #[serde(default)]
    pub day: String,
    #[serde(default)]
    pub last_day: String,
    #[serde(default)]
    pub starts: String,
    #[serde(default)]
    pub ends: String,
    #[serde(default)]
    pub reason: String,
}

impl Answer {
    /// The time that was entered, in London.
    pub fn slot(&self) -> Result<Slot, StoreError> {
        let (day, last_day) = (self.day.trim(), self.last_day.trim());
        let last_day = if last_day.is_empty() { day } else { last_day };
        Ok(Slot {
            starts_at: at(day, &self.starts, "startsAt")?,
            ends_at: at(last_day, &self.ends, "endsAt")?,
        })
    }
}

fn at(day: &str, time: &str, field: &'static str) -> Result<DateTime<Utc>, StoreError> {
    let day = NaiveDate::parse_from_str(day, "%Y-%m-%d");
    let time = NaiveTime::parse_from_str(time.trim(), "%H:%M");
    if let Some((day, time)) = day.ok().zip(time.ok()) {
        return Ok(moment(day.and_time(time)));
    }
    let message = "Give a day and times, such as 2026-10-19, from 09:00 to 12:00.";
    Err(StoreError::refused(RefusalCode::Invalid, Some(field), message))
}
