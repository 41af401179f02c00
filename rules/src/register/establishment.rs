//! One row of an extract, read by column name into what is kept of a school.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::columns::{Column, Columns};
use super::row::Row;
use super::{Phase, SchoolStatus, TrustKind};

/// What is kept of one establishment. Names of people are in the extract and are not read.
#[derive(Clone, Debug, PartialEq)]
pub struct Establishment {
    /// Unique reference number.
    pub urn: i32,
    /// Name.
    pub name: String,
    /// Local authority, when one is named.
    pub local_authority: Option<LocalAuthority>,
    /// Number inside the local authority.
    pub establishment_number: Option<i32>,
    /// Type of establishment; 0 when the register leaves it blank.
    pub type_code: i32,
    /// Type in words; `Not recorded` when the register leaves it blank.
    pub type_name: String,
    /// Status.
    pub status: SchoolStatus,
    /// Day of opening, when known.
    pub opened_on: Option<NaiveDate>,
    /// Day of closing, when known.
    pub closed_on: Option<NaiveDate>,
    /// Phase; "not applicable" when blank.
    pub phase: Phase,
    /// Statutory lowest age, in years.
    pub low_age: Option<i32>,
    /// Statutory highest age, in years.
    pub high_age: Option<i32>,
    /// Number of pupils.
    pub pupils: Option<i32>,
    /// Share of pupils eligible for free school meals, 0 to 100.
    pub percent_fsm: Option<f64>,
    /// Trust flag: 1 supported by a trust, 3 multi-academy, 5 single-academy trust.
    pub trust_flag: Option<i32>,
    /// Trust, when in one or supported by one.
    pub trust: Option<Trust>,
    /// UK provider reference number.
    pub ukprn: Option<i32>,
    /// Address line.
    pub street: Option<String>,
    /// Address line.
    pub locality: Option<String>,
    /// Address line.
    pub address3: Option<String>,
    /// Town.
    pub town: Option<String>,
    /// County.
    pub county: Option<String>,
    /// Postcode.
    pub postcode: Option<String>,
    /// Website, not checked.
    pub website: Option<String>,
    /// GIAS code of the region; none outside England.
    pub region: Option<&'static str>,
    /// Ordnance Survey easting, metres.
    pub easting: Option<i32>,
    /// Ordnance Survey northing, metres.
    pub northing: Option<i32>,
    /// Latest Ofsted rating.
    pub ofsted_rating: Option<String>,
}

/// A local authority as a row names it. Those outside England often have no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalAuthority {
    /// GIAS code.
    pub code: Option<i32>,
    /// Name.
    pub name: Option<String>,
}

/// A trust as a row names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// GIAS group code; smaller downloads carry only the name.
    pub code: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Kind, when the row's trust flag tells.
    pub kind: Option<TrustKind>,
}

/// Why a row cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{column} is \"{value}\": {problem}")]
pub struct Fault {
    /// Name of the column.
    pub column: &'static str,
    /// What stands there.
    pub value: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl Establishment {
    /// Reads one row. `cell` gives the decoded text at a position, empty where the row is short.
    ///
    /// # Errors
    /// The first column that cannot be read, with its value.
    pub fn read<'a>(
        columns: &'a Columns,
        cell: impl Fn(usize) -> Cow<'a, str>,
    ) -> Result<Self, Fault> {
        let row = Row { columns, cell };
        let urn = match row.number(Column::Urn)? {
            Some(urn) if urn > 0 => urn,
            _ => return Err(row.fault(Column::Urn, "a positive number is needed")),
        };
        let (type_code, type_name) = row.kind()?;
        let trust_flag = row.trust_flag()?;
        Ok(Self {
            urn,
            name: row
                .text(Column::EstablishmentName)?
                .ok_or_else(|| row.fault(Column::EstablishmentName, "a name is needed"))?,
            local_authority: row.local_authority()?,
            establishment_number: row.code(Column::EstablishmentNumber)?,
            type_code,
            type_name,
            status: row.status()?,
            opened_on: row.date(Column::OpenDate)?,
            closed_on: row.date(Column::CloseDate)?,
            phase: row.phase()?,
            low_age: row.number(Column::LowAge)?,
            high_age: row.number(Column::HighAge)?,
            pupils: row.number(Column::Pupils)?,
            percent_fsm: row.decimal(Column::PercentFsm)?,
            trust_flag,
            trust: row.trust(trust_flag)?,
            ukprn: row.code(Column::Ukprn)?,
            street: row.text(Column::Street)?,
            locality: row.text(Column::Locality)?,
            address3: row.text(Column::Address3)?,
            town: row.text(Column::Town)?,
            county: row.text(Column::County)?,
            postcode: row.text(Column::Postcode)?,
            website: row.text(Column::Website)?,
            region: row.region(),
            easting: row.number(Column::Easting)?,
            northing: row.number(Column::Northing)?,
            ofsted_rating: row.text(Column::OfstedRating)?,
        })
    }
}

/// Reads a day of the register: `Some(None)` for blank and unknown, `None` for what is no day.
#[must_use]
pub fn date(text: &str) -> Option<Option<NaiveDate>> {
    if text.is_empty() || text == "01-01-1900" {
        return Some(None);
    }
    let digits = |range: std::ops::Range<usize>| {
        let part = text.get(range)?;
        part.bytes().all(|b| b.is_ascii_digit()).then_some(part)
    };
    let well_formed =
        text.len() == 10 && text.get(2..3) == Some("-") && text.get(5..6) == Some("-");
    if !well_formed {
        return None;
    }
    let day = digits(0..2)?.parse().ok()?;
    let month = digits(3..5)?.parse().ok()?;
    let year = digits(6..10)?.parse().ok()?;
    NaiveDate::from_ymd_opt(year, month, day).map(Some)
}

#[cfg(test)]
#[path = "establishment_tests.rs"]
mod tests;
