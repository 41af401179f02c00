//! Days and moments that no programme reaches, found in an input before anything is done with it, so
//! that they are told by the name of their place.

use std::ops::Range;

use apollo_compiler::Schema;
use chrono::{DateTime, Datelike as _, NaiveDate};
use serde_json::Value as Json;

/// The years that can be reckoned with.
pub const YEARS: Range<i32> = 1900..2200;

/// What is wrong with the first day or moment out of reach in a value of the named type; `place` is
/// what the value is called.
pub fn beyond(schema: &Schema, type_name: &str, value: &Json, place: &str) -> Option<String> {
    match value {
        Json::Array(items) => items.iter().find_map(|item| beyond(schema, type_name, item, place)),
        Json::Object(given) => {
            let of = schema.get_input_object(type_name)?;
            given.iter().find_map(|(name, value)| {
                let field = of.fields.get(name.as_str())?;
                let place = format!("{place}.{name}");
                beyond(schema, field.ty.inner_named_type(), value, &place)
            })
        }
        Json::String(text) => {
            let year = match type_name {
                "Date" => text.parse::<NaiveDate>().ok()?.year(),
                "DateTime" => DateTime::parse_from_rfc3339(text).ok()?.to_utc().year(),
                _ => return None,
            };
            let (first, last) = (YEARS.start, YEARS.end - 1);
            let message = format!("{place} is of a year from {first} to {last}, not \"{text}\"");
            (!YEARS.contains(&year)).then_some(message)
        }
        _ => None,
    }
}
