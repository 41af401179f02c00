//! Values and ids, made from numbers.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

/// A value as both databases take it.
#[derive(Clone, Debug)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A row's id.
    Id(Uuid),
    /// A text.
    Text(String),
    /// A number.
    Int(i64),
    /// Yes or no.
    Flag(bool),
}

/// What a row is; part of its id.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum Of {
    Programme = 10,
    Pathway,
    Cohort,
    Term,
    Template,
    School,
    Setting,
    Hub,
    Event,
    Enrolment,
    Obligation,
    Visit,
    Booking,
    Alert,
    Person,
    Contact,
    Grant,
    Token,
    Authority,
    Occurrence,
}

/// The id of the `number`th row of a kind, like those the product makes: rising.
pub fn id(of: Of, number: usize) -> Uuid {
    let moment = 1_790_000_000_000_u128 + number as u128;
    let bits = (moment << 80) | (0x7 << 76) | (0b10 << 62) | ((of as u128) << 40) | number as u128;
    Uuid::from_u128(bits)
}

/// The id of a region.
pub fn region(number: usize) -> Uuid {
    Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000 + 1 + number as u128)
}

pub(super) fn at(of: Of, number: usize) -> Cell {
    Cell::Id(id(of, number))
}

pub(super) fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

pub(super) fn int(number: usize) -> Cell {
    Cell::Int(i64::try_from(number).unwrap_or_default())
}

fn start() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, 1).unwrap_or_default()
}

fn day(after: usize) -> NaiveDate {
    start() + Days::new(after as u64)
}

pub(super) fn date(after: usize) -> Cell {
    text(day(after).to_string())
}

/// So many days and minutes after the start.
pub(super) fn moment(days: usize, minutes: usize) -> Cell {
    let moment: DateTime<Utc> = day(days).and_hms_opt(8, 0, 0).unwrap_or_default().and_utc();
    let moment = moment + TimeDelta::minutes(i64::try_from(minutes).unwrap_or_default());
    text(moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false))
}

/// Spreads numbers, always in the same way.
pub(super) fn spread(number: usize, over: usize) -> usize {
    let mixed = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from((mixed >> 33) % over.max(1) as u64).unwrap_or_default()
}
