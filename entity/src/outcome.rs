//! How a store function can fail: a refusal the caller can act on, or a fault of ours.

use std::fmt::Display;
use std::str::FromStr;

use sea_orm::{DbErr, RuntimeErr, SqlxError};
use uuid::Uuid;

/// A business refusal: the request was understood and is not allowed as things stand. It changes
/// nothing and reaches a front end as one of `userErrors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of refusal.
    pub code: RefusalCode,
    /// The input field it is about, in the words of the input (`partnerSettingId`), if one.
    pub field: Option<&'static str>,
    /// A sentence for the person who asked.
    pub message: String,
    /// What else is wrong with the same input, as far as it was looked at.
    pub also: Vec<Refusal>,
}

/// The kinds of business refusal.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumMessage, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum RefusalCode {
    /// No such thing within what you may see.
    NotFound,
    /// Your role does not allow this.
    Forbidden,
    /// The value is not one that can be accepted.
    Invalid,
    /// It clashes with what is already there.
    Conflict,
    /// It was changed by somebody else since you read it.
    Stale,
}

/// Why a store function did nothing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A refusal to show to the caller.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// The database failed; the transaction is lost.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// A row holds something this version cannot read.
    #[error("{table} {id}: {problem}")]
    Unreadable {
        /// Table of the row.
        table: &'static str,
        /// Its id.
        id: Uuid,
        /// What is wrong with it.
        problem: String,
    },
}

impl StoreError {
    /// A refusal as an error.
    #[must_use]
    pub fn refused(
        code: RefusalCode,
        field: Option<&'static str>,
        message: impl Into<String>,
    ) -> Self {
        Self::Refused(Refusal { code, field, message: message.into(), also: Vec::new() })
    }

    /// Whether it is about what some row holds, so that the database answers and all other rows can
    /// be worked with.
    #[must_use]
    pub fn is_about_a_row(&self) -> bool {
        match self {
            Self::Unreadable { .. } => true,
            Self::Refused(_) => false,
            Self::Database(error) => match error {
                DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } => true,
                DbErr::Query(RuntimeErr::SqlxError(error)) => {
                    matches!(**error, SqlxError::ColumnDecode { .. } | SqlxError::Decode(_))
                }
                _ => false,
            },
        }
    }
}

/// The faults of one input, gathered so that whoever asked hears of all of them at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<Refusal>);

impl Faults {
    /// What was checked, or none and a note of why it is refused.
    ///
    /// # Errors
    /// Anything but a refusal.
    pub fn note<T>(&mut self, checked: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match checked {
            Ok(checked) => Ok(Some(checked)),
            Err(StoreError::Refused(refusal)) => {
                self.0.push(refusal);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Goes on if nothing was refused.
    ///
    /// # Errors
    /// All refusals, as one.
    pub fn end(self) -> Result<(), StoreError> {
        let mut all = self.0.into_iter();
        match all.next() {
            None => Ok(()),
            Some(mut first) => {
                first.also.extend(all);
                Err(StoreError::Refused(first))
            }
        }
    }
}

/// Reads a word of a row, or says which row holds one that this version does not know.
pub(crate) fn word<T: FromStr<Err: Display>>(
    table: &'static str,
    id: Uuid,
    value: &str,
) -> Result<T, StoreError> {
    value.parse().map_err(|_| StoreError::Unreadable {
        table,
        id,
        problem: format!("the word \"{value}\" is not known"),
    })
}
