//! Days and moments in the inputs of mutations.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, SubsecRound as _, Utc};

use super::reach::YEARS;

/// A day, in the words of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Date(pub NaiveDate);

#[Scalar(name = "Date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        // What no programme reaches could not be reckoned with.
        let day = text.parse().ok().filter(|day: &NaiveDate| YEARS.contains(&day.year()));
        day.map(Self).ok_or_else(|| {
            InputValueError::custom(format!("a date is written like 2026-10-05, not \"{text}\""))
        })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A moment, in the words of the schema: UTC, cut to microseconds as the database keeps it.
#[derive(Clone, Copy, Debug)]
pub struct Moment(pub DateTime<Utc>);

#[Scalar(name = "DateTime")]
impl ScalarType for Moment {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|moment| moment.to_utc())
            // What no programme reaches could not be reckoned with.
            .filter(|moment| YEARS.contains(&moment.year()))
            .map(|moment| Self(moment.trunc_subsecs(6)))
            .ok_or_else(|| {
                InputValueError::custom(format!(
                    "a moment is written like 2026-10-05T07:00:00Z, not \"{text}\""
                ))
            })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}
