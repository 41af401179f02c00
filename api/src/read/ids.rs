//! What clients hold and never look into: global ids and cursors.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, Utc};
use sea_orm::{DbErr, QueryResult, Value};
use uuid::Uuid;

use super::map::{Leaf, Order};

/// Years that both databases can hold.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9_999;

/// The global id of a row of a type.
#[must_use]
pub fn global(type_name: &str, id: Uuid) -> String {
    let mut bytes = type_name.as_bytes().to_vec();
    bytes.push(b':');
    bytes.extend_from_slice(id.as_bytes());
    BASE64.encode(bytes)
}

/// Type name and row of a global id, or none if it is no such thing.
#[must_use]
pub fn parse_global(id: &str) -> Option<(String, Uuid)> {
    let bytes = BASE64.decode(id).ok()?;
    let (name, row) = bytes.split_at_checked(bytes.len().checked_sub(16)?)?;
    let name = std::str::from_utf8(name.strip_suffix(b":")?).ok()?;
    Some((name.to_owned(), Uuid::from_slice(row).ok()?))
}

/// Row of a global id of the named type, or none if it is not one.
#[must_use]
pub fn parse(type_name: &str, id: &str) -> Option<Uuid> {
    parse_global(id).filter(|(name, _)| name == type_name).map(|(_, row)| row)
}

/// The cursor of a row: its place in the order, which outlives the row itself.
///
/// # Errors
/// The sort column cannot be read.
pub fn cursor(order: &Order, row: &QueryResult, key: usize, id: Uuid) -> Result<String, DbErr> {
    let place = match order.leaf {
        Leaf::Int => row.try_get_by_index::<i32>(key)?.to_string(),
        Leaf::Date => row.try_get_by_index::<NaiveDate>(key)?.to_string(),
        Leaf::DateTime => moment(row.try_get_by_index(key)?),
        _ => row.try_get_by_index::<String>(key)?,
    };
    Ok(BASE64.encode(format!("{}:{place}:{}", order.name, id.simple())))
}

/// The place a cursor stands for, or none if it is no cursor of this order.
#[must_use]
pub fn parse_cursor(order: &Order, cursor: &str) -> Option<(Value, Uuid)> {
    let text = String::from_utf8(BASE64.decode(cursor).ok()?).ok()?;
    let (place, id) = text.strip_prefix(order.name)?.strip_prefix(':')?.rsplit_once(':')?;
    let place = match order.leaf {
        Leaf::Int => place.parse::<i32>().ok()?.into(),
        Leaf::Date => parse_day(place).ok()?.into(),
        Leaf::DateTime => parse_moment(place).ok()?.into(),
        // PostgreSQL keeps no NUL in text.
        _ if place.contains('\0') => return None,
        _ => place.into(),
    };
    Some((place, id.parse().ok()?))
}

/// A day as the schema's `Date`, of a year of four digits; or what it is not.
///
/// # Errors
/// What it should be, to stand behind the name of the value.
pub fn parse_day(text: &str) -> Result<NaiveDate, String> {
    let day = text.parse::<NaiveDate>().ok().filter(|day| YEARS.contains(&day.year()));
    day.ok_or_else(|| format!("is a date like 2026-10-05, not \"{text}\""))
}

/// A moment as the schema's `DateTime`, of a year of four digits; or what it is not.
///
/// # Errors
/// What it should be, to stand behind the name of the value.
pub fn parse_moment(text: &str) -> Result<DateTime<Utc>, String> {
    let moment = text.parse::<DateTime<Utc>>().ok();
    let moment = moment.filter(|moment| YEARS.contains(&moment.year()));
    moment.ok_or_else(|| format!("is a moment like 2026-10-05T07:00:00Z, not \"{text}\""))
}

/// A moment as the schema's `DateTime`.
#[must_use]
pub fn moment(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
