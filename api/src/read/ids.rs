//! What clients hold and never look into: global ids and cursors.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, Utc};
use runtime::reads::Row;
use sea_orm::{DbErr, Value};
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

/// Writes the global id of a row of a type, as JSON.
pub fn write_global(out: &mut Vec<u8>, type_name: &str, id: Uuid) {
    let mut bytes = [0; 80];
    let mut encoded = [0; 112];
    let end = type_name.len() + 17;
    let written = bytes.get_mut(..end).and_then(|bytes| {
        let (name, rest) = bytes.split_at_mut_checked(type_name.len())?;
        name.copy_from_slice(type_name.as_bytes());
        let (colon, row) = rest.split_first_mut()?;
        *colon = b':';
        row.copy_from_slice(id.as_bytes());
        BASE64.encode_slice(bytes, &mut encoded).ok()
    });
    out.push(b'"');
    match written.and_then(|length| encoded.get(..length)) {
        Some(encoded) => out.extend_from_slice(encoded),
        // A longer name than we have.
        None => out.extend_from_slice(global(type_name, id).as_bytes()),
    }
    out.push(b'"');
}

/// Type name and row of a global id, or none if it is no such thing.
#[must_use]
pub fn parse_global(id: &str) -> Option<(String, Uuid)> {
    let bytes = BASE64.decode(id).ok()?;
    let (name, row) = bytes.split_at_checked(bytes.len().checked_sub(16)?)?;
    let name = std::str::from_utf8(name.strip_suffix(b":")?).ok()?;
    Some((name.to_owned(), Uuid::from_slice(row).ok()?))
}

/// An id that fits any type, and is no row's: for trying a document out.
#[must_use]
pub fn of_any_type() -> String {
    global("", Uuid::nil())
}

/// Row of a global id of the named type, or none if it is not one.
#[must_use]
pub fn parse(type_name: &str, id: &str) -> Option<Uuid> {
    let fits = |name: &str, row: Uuid| name == type_name || (name.is_empty() && row.is_nil());
    parse_global(id).filter(|(name, row)| fits(name, *row)).map(|(_, row)| row)
}

/// What to say of a value that is no id of the named type, to stand behind the name of the value.
#[must_use]
pub fn is_none_of(type_name: &str) -> String {
    format!("is no id of type {type_name}")
}

/// The cursor of a row: its place in the order, which outlives the row itself.
///
/// # Errors
/// The sort column cannot be read.
pub fn cursor(order: &Order, row: Row<'_>, key: usize, id: Uuid) -> Result<String, DbErr> {
    let place = match order.leaf {
        Leaf::Int => row.whole(key)?.map(|number| number.to_string()),
        Leaf::Date => row.day(key)?.map(|day| day.to_string()),
        Leaf::DateTime => row.moment(key)?.map(moment),
        _ => row.text(key)?.map(ToOwned::to_owned),
    };
    let place = place.ok_or_else(|| DbErr::Type("the sort column is empty".to_owned()))?;
    Ok(BASE64.encode(format!("{}:{place}:{}", order.name, id.simple())))
}

/// A cursor of a list that no table holds: whatever says where it goes on.
#[must_use]
pub fn opaque(place: &str) -> String {
    BASE64.encode(place)
}

/// What such a cursor says, or none if it is no cursor.
#[must_use]
pub fn parse_opaque(cursor: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(cursor).ok()?).ok()
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
