//! Reading the cells of a row: each cell that cannot be read is a fault that names its column, and
//! the others are read all the same, so that one pass finds everything.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use csv::StringRecord;
use rules::calendar::moment;
use strum::VariantArray;

use super::report::Fault;

/// Columns a file can have, in any order.
pub const COLUMNS: &[&str] = &[
    "record",
    "programme",
    "hub",
    "hub_name",
    "hub_email",
    "lead",
    "region",
    "wave",
    "capacity_min",
    "capacity_max",
    "opened_on",
    "partner",
    "pathway",
    "cohort",
    "enrolled_on",
    "academies",
    "setting",
    "person",
    "email",
    "role",
    "event",
    "kind",
    "title",
    "starts_at",
    "ends_at",
    "published_at",
    "cancelled",
];

/// Days as a person or a spreadsheet writes them.
const DAYS: &[&str] = &["%Y-%m-%d", "%d/%m/%Y"];
/// London times as a person or a spreadsheet writes them.
const TIMES: &[&str] = &[
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
];

/// A school or a trust, as a cell names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// `URN:100001`
    School(i32),
    /// `TRUST:1234`
    Trust(String),
}

/// The cells of one row, and the faults found in them so far.
pub struct Cells<'a> {
    header: &'a StringRecord,
    record: &'a StringRecord,
    /// The faults.
    pub faults: Vec<Fault>,
}

impl<'a> Cells<'a> {
    /// The cells of `record` under `header`.
    pub fn new(header: &'a StringRecord, record: &'a StringRecord) -> Self {
        let mut cells = Self { header, record, faults: Vec::new() };
        // Most likely a comma that is not quoted: what stands under which column is then a guess.
        if let Some(more) = record.iter().skip(header.len()).find(|cell| !cell.is_empty()) {
            let problem = format!(
                "The row has more cells than the header, such as \"{more}\"; is a comma not quoted?"
            );
            cells.fault("record", problem);
        }
        cells
    }

    /// Notes a fault.
    pub fn fault(&mut self, column: &str, problem: impl Into<String>) {
        self.faults.push(Fault { column: column.to_owned(), problem: problem.into() });
    }

    /// A cell that may be empty.
    pub fn optional(&self, column: &str) -> Option<&'a str> {
        let index = self.header.iter().position(|name| name == column)?;
        self.record.get(index).filter(|cell| !cell.is_empty())
    }

    /// A cell that must be filled.
    pub fn text(&mut self, column: &str) -> Option<&'a str> {
        let cell = self.optional(column);
        if cell.is_none() {
            self.fault(column, "It must be filled in.");
        }
        cell
    }

    /// A key: lower-case letters, digits and hyphens.
    pub fn key(&mut self, column: &str) -> Option<&'a str> {
        let cell = self.text(column)?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if cell.len() <= 100 && cell.chars().all(plain) {
            return Some(cell);
        }
        self.fault(
            column,
            format!("\"{cell}\" is no key: use lower-case letters, digits and hyphens."),
        );
        None
    }

    /// A whole number of at least 0, if filled in.
    pub fn number(&mut self, column: &str) -> Option<i32> {
        let cell = self.optional(column)?;
        let number = cell.parse().ok().filter(|number| *number >= 0);
        if number.is_none() {
            self.fault(column, format!("\"{cell}\" is not a whole number."));
        }
        number
    }

    /// A day that must be filled in.
    pub fn day(&mut self, column: &str) -> Option<NaiveDate> {
        let cell = self.text(column)?;
        let day = DAYS.iter().find_map(|form| NaiveDate::parse_from_str(cell, form).ok());
        if day.is_none() {
            self.fault(
                column,
                format!("\"{cell}\" is not a day such as 2026-09-03 or 03/09/2026."),
            );
        }
        day
    }

    /// A day, if filled in.
    pub fn optional_day(&mut self, column: &str) -> Option<NaiveDate> {
        self.optional(column)?;
        self.day(column)
    }

    /// A London time that must be filled in.
    pub fn time(&mut self, column: &str) -> Option<DateTime<Utc>> {
        self.text(column)?;
        self.optional_time(column)
    }

    /// A London time, if filled in.
    pub fn optional_time(&mut self, column: &str) -> Option<DateTime<Utc>> {
        let cell = self.optional(column)?;
        let time = TIMES.iter().find_map(|form| NaiveDateTime::parse_from_str(cell, form).ok());
        if time.is_none() {
            self.fault(column, format!("\"{cell}\" is not a time such as 2026-10-08 09:30."));
        }
        time.map(moment)
    }

    /// A word of a closed list that must be filled in.
    pub fn word<T>(&mut self, column: &str) -> Option<T>
    where
        T: VariantArray + Copy + std::str::FromStr + Into<&'static str>,
    {
        let cell = self.text(column)?;
        let word = cell.parse().ok();
        if word.is_none() {
            let words: Vec<&str> = T::VARIANTS.iter().map(|&word| word.into()).collect();
            self.fault(column, format!("\"{cell}\" is none of: {}.", words.join(", ")));
        }
        word
    }

    /// Yes or no; no when empty.
    pub fn yes(&mut self, column: &str) -> bool {
        self.yes_or_no(column).unwrap_or(false)
    }

    /// Yes or no, if filled in.
    pub fn yes_or_no(&mut self, column: &str) -> Option<bool> {
        match self.optional(column)? {
            "no" => Some(false),
            "yes" => Some(true),
            cell => {
                self.fault(column, format!("\"{cell}\" is neither yes nor no."));
                None
            }
        }
    }

    /// A school or trust that must be filled in.
    pub fn reference(&mut self, column: &str) -> Option<Reference> {
        let cell = self.text(column)?;
        let reference = read_reference(cell);
        if reference.is_none() {
            self.fault(
                column,
                format!("\"{cell}\" is neither a school (URN:100001) nor a trust (TRUST:1234)."),
            );
        }
        reference
    }

    /// URNs with blanks or semicolons between them.
    pub fn urns(&mut self, column: &str) -> Vec<i32> {
        let mut urns = Vec::new();
        let cell = self.optional(column).unwrap_or_default();
        for word in cell.split([' ', ';']).filter(|word| !word.is_empty()) {
            let digits = word.strip_prefix("URN:").unwrap_or(word);
            match digits.parse() {
                Ok(urn) => urns.push(urn),
                Err(_) => self.fault(column, format!("\"{word}\" is not a URN.")),
            }
        }
        urns
    }
}

fn read_reference(cell: &str) -> Option<Reference> {
    let (kind, code) = cell.split_once(':')?;
    match kind.trim().to_ascii_uppercase().as_str() {
        "URN" => code.trim().parse().ok().map(Reference::School),
        "TRUST" if !code.trim().is_empty() => Some(Reference::Trust(code.trim().to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_school_or_a_trust_is_named_by_its_code() {
        assert_eq!(read_reference("URN:100001"), Some(Reference::School(100_001)));
        assert_eq!(read_reference("urn: 100001"), Some(Reference::School(100_001)));
        assert_eq!(read_reference("TRUST:TR1"), Some(Reference::Trust("TR1".to_owned())));
        for wrong in ["100001", "URN:", "URN:x", "TRUST:", "LA:201", ""] {
            assert_eq!(read_reference(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn days_and_times_are_read_as_spreadsheets_write_them() {
        let header = StringRecord::from(vec!["a", "b", "c", "d"]);
        let record =
            StringRecord::from(vec!["03/09/2026", "2026-10-08 09:30", "08/10/2026 09:30", "soon"]);
        let mut cells = Cells::new(&header, &record);
        assert_eq!(cells.day("a"), NaiveDate::from_ymd_opt(2026, 9, 3));
        assert_eq!(cells.time("b"), cells.time("c"));
        assert!(cells.faults.is_empty());
        assert_eq!(cells.day("d"), None);
        assert_eq!(cells.faults.len(), 1);
    }
}
