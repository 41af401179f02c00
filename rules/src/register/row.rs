//! Reading the cells of one row as what their columns hold.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::columns::{Column, Columns};
use super::establishment::{Fault, LocalAuthority, Trust, date};
use super::{Phase, SchoolStatus, TrustKind, types};

/// Codes that stand for "none" in the register.
const PLACEHOLDERS: &[i32] = &[999, 9999];

/// The nine regions of England under their GIAS codes.
const REGIONS: &[(&str, &str)] = &[
    ("A", "North East"),
    ("B", "North West"),
    ("D", "Yorkshire and the Humber"),
    ("E", "East Midlands"),
    ("F", "West Midlands"),
    ("G", "East of England"),
    ("H", "London"),
    ("J", "South East"),
    ("K", "South West"),
];

/// One row being read.
pub struct Row<'a, F> {
    pub columns: &'a Columns,
    pub cell: F,
}

impl<'a, F: Fn(usize) -> Cow<'a, str>> Row<'a, F> {
    fn raw(&self, column: Column) -> Cow<'a, str> {
        let position = self.columns.position(column);
        position.map_or(Cow::Borrowed(""), |position| (self.cell)(position))
    }

    pub fn fault(&self, column: Column, problem: &'static str) -> Fault {
        Fault {
            column: column.name(),
            value: self.raw(column).trim().chars().take(60).collect(),
            problem,
        }
    }

    pub fn text(&self, column: Column) -> Result<Option<String>, Fault> {
        let raw = self.raw(column);
        let text = raw.trim();
        if text.contains('\0') {
            return Err(self.fault(column, "it holds a character that is no text"));
        }
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// A whole number, zero-padded or not.
    pub fn number(&self, column: Column) -> Result<Option<i32>, Fault> {
        let raw = self.raw(column);
        let text = raw.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let number = text.parse().map_err(|_| self.fault(column, "not a whole number"))?;
        Ok(Some(number))
    }

    /// A code: a whole number, less the placeholders.
    pub fn code(&self, column: Column) -> Result<Option<i32>, Fault> {
        let number = self.number(column)?;
        Ok(number.filter(|number| !PLACEHOLDERS.contains(number)))
    }

    pub fn decimal(&self, column: Column) -> Result<Option<f64>, Fault> {
        let raw = self.raw(column);
        let text = raw.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let number: Option<f64> = text.parse().ok();
        let number = number.filter(|number| (0.0..=100.0).contains(number));
        match number {
            Some(number) => Ok(Some(number)),
            None => Err(self.fault(column, "not a share between 0 and 100")),
        }
    }

    /// A day as `dd-mm-yyyy`; 1 January 1900 means that nobody knows.
    pub fn date(&self, column: Column) -> Result<Option<NaiveDate>, Fault> {
        let raw = self.raw(column);
        date(raw.trim()).ok_or_else(|| self.fault(column, "not a day as dd-mm-yyyy"))
    }

    pub fn status(&self) -> Result<SchoolStatus, Fault> {
        if let Some(code) = self.code(Column::StatusCode)? {
            return SchoolStatus::from_code(code)
                .ok_or_else(|| self.fault(Column::StatusCode, "not a known status"));
        }
        let name = self.raw(Column::StatusName);
        let unknown = if name.trim().is_empty() {
            self.fault(Column::StatusCode, "a status is needed")
        } else {
            self.fault(Column::StatusName, "not a known status")
        };
        SchoolStatus::from_name(name.trim()).ok_or(unknown)
    }

    pub fn phase(&self) -> Result<Phase, Fault> {
        if let Some(code) = self.code(Column::PhaseCode)? {
            return Phase::from_code(code)
                .ok_or_else(|| self.fault(Column::PhaseCode, "not a known phase"));
        }
        let name = self.raw(Column::PhaseName);
        if name.trim().is_empty() {
            return Ok(Phase::NotApplicable);
        }
        Phase::from_name(name.trim())
            .ok_or_else(|| self.fault(Column::PhaseName, "not a known phase"))
    }

    pub fn kind(&self) -> Result<(i32, String), Fault> {
        let name = self.text(Column::TypeName)?;
        let code = self
            .code(Column::TypeCode)?
            .or_else(|| name.as_deref().and_then(types::code))
            .unwrap_or(types::NOT_RECORDED.0);
        let name = name.unwrap_or_else(|| {
            types::name(code).map_or_else(|| types::NOT_RECORDED.1.to_owned(), ToOwned::to_owned)
        });
        Ok((code, name))
    }

    pub fn local_authority(&self) -> Result<Option<LocalAuthority>, Fault> {
        let code = self.code(Column::LaCode)?;
        let name = self.text(Column::LaName)?;
        let named = code.is_some() || name.is_some();
        Ok(named.then_some(LocalAuthority { code, name }))
    }

    pub fn trust_flag(&self) -> Result<Option<i32>, Fault> {
        if let Some(flag) = self.code(Column::TrustFlagCode)? {
            return Ok(Some(flag));
        }
        let name = self.raw(Column::TrustFlagName);
        let name = name.trim().to_ascii_lowercase();
        Ok(match name.as_str() {
            "supported by a trust" => Some(1),
            "supported by a multi-academy trust" => Some(3),
            "supported by a single-academy trust" => Some(5),
            _ => None,
        })
    }

    /// A trust named beside a flag that says "none" is left over from earlier, and no trust.
    pub fn trust(&self, flag: Option<i32>) -> Result<Option<Trust>, Fault> {
        let kind = flag.and_then(TrustKind::from_flag);
        if flag.is_some() && kind.is_none() {
            return Ok(None);
        }
        let code = self.text(Column::TrustCode)?;
        let code = code.filter(|code| code != "999" && code != "9999");
        let name = self.text(Column::TrustName)?;
        let named = code.is_some() || name.is_some();
        Ok(named.then_some(Trust { code, name, kind }))
    }

    /// Anything but the nine regions is outside England.
    pub fn region(&self) -> Option<&'static str> {
        let code = self.raw(Column::RegionCode);
        let name = self.raw(Column::RegionName);
        let (code, name) = (code.trim(), name.trim());
        let found = REGIONS.iter().find(|(known, known_name)| {
            if code.is_empty() { known_name.eq_ignore_ascii_case(name) } else { *known == code }
        });
        found.map(|(code, _)| *code)
    }
}
