//! The gov.uk feed of bank holidays.

use chrono::NaiveDate;
use serde::Deserialize;

/// The part of the feed that is ours.
const DIVISION: &str = "england-and-wales";

/// Why a feed of bank holidays cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BankHolidaysError {
    /// It is no JSON, or JSON of another shape.
    #[error("this is not the gov.uk feed of bank holidays: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// The division is not there.
    #[error("the feed of bank holidays has no division `{DIVISION}`")]
    NoDivision,
    /// The division has no days, which is never true.
    #[error("the feed of bank holidays names no day for `{DIVISION}`")]
    Empty,
    /// Two entries for one day.
    #[error("the feed of bank holidays names {0} twice for `{DIVISION}`")]
    Twice(NaiveDate),
}

#[derive(Deserialize)]
struct Division {
    events: Vec<Holiday>,
}

#[derive(Deserialize)]
struct Holiday {
    title: String,
    date: NaiveDate,
}

/// Reads the bank holidays of England and Wales, in order of date, from the JSON feed of gov.uk.
///
/// # Errors
/// When the text is not that feed, or does not name one holiday a day for England and Wales.
pub fn bank_holidays(json: &str) -> Result<Vec<(NaiveDate, String)>, BankHolidaysError> {
    let mut divisions: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json)?;
    let division = divisions.remove(DIVISION).ok_or(BankHolidaysError::NoDivision)?;
    let division: Division = serde_json::from_value(division)?;
    let mut days: Vec<_> =
        division.events.into_iter().map(|holiday| (holiday.date, holiday.title)).collect();
    days.sort();
    if days.is_empty() {
        return Err(BankHolidaysError::Empty);
    }
    match days.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(BankHolidaysError::Twice(pair[0].0)),
        None => Ok(days),
    }
}
