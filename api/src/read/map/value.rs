//! What fields hold, and what is made of columns.

use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use runtime::reads::Row;
use sea_orm::DbErr;
use uuid::Uuid;

/// A derived field's function.
pub type Compute = fn(&Cells<'_>, DateTime<Utc>) -> Result<Scalar, DbErr>;

/// What a leaf holds.
#[derive(Clone, Debug)]
pub enum Leaf {
    /// `String`.
    Text,
    /// `Int`.
    Int,
    /// `Float`.
    Float,
    /// `Boolean`.
    Boolean,
    /// `Date`.
    Date,
    /// `DateTime`.
    DateTime,
    /// An enum.
    Word(Arc<Words>),
    /// A list of an enum's words; never in a column.
    Words(Arc<Words>),
}

impl Leaf {
    /// Its name in the schema.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text => "String",
            Self::Int => "Int",
            Self::Float => "Float",
            Self::Boolean => "Boolean",
            Self::Date => "Date",
            Self::DateTime => "DateTime",
            Self::Word(words) | Self::Words(words) => words.name,
        }
    }
}

/// A closed list of words, as stored and as shown.
#[derive(Debug)]
pub struct Words {
    /// Name in the schema.
    pub name: &'static str,
    /// Description in the schema.
    pub about: &'static str,
    /// The words.
    pub values: Vec<Word>,
}

/// One word of a list.
#[derive(Debug)]
pub struct Word {
    /// As stored: `proposed_to_close`.
    pub stored: &'static str,
    /// As shown: `PROPOSED_TO_CLOSE`.
    pub shown: String,
    /// Description in the schema.
    pub about: &'static str,
}

/// A list of words of `rules` that the schema shows as an enum; descriptions of the words are
/// their doc comments.
pub trait Vocabulary: strum::VariantArray + strum::EnumMessage + Into<&'static str> + Copy {
    /// Name in the schema.
    const NAME: &'static str;
    /// Description in the schema.
    const ABOUT: &'static str;

    /// The list.
    #[must_use]
    fn words() -> Arc<Words> {
        let values = Self::VARIANTS
            .iter()
            .map(|word| {
                let stored: &'static str = (*word).into();
                Word {
                    stored,
                    shown: stored.to_ascii_uppercase(),
                    about: word.get_documentation().unwrap_or_default(),
                }
            })
            .collect();
        Arc::new(Words { name: Self::NAME, about: Self::ABOUT, values })
    }
}

/// The cells a derived field reads.
#[derive(Debug)]
pub struct Cells<'a> {
    pub(in crate::read) row: Row<'a>,
    pub(in crate::read) at: &'a [usize],
    pub(in crate::read) session: Option<Uuid>,
}

impl<'a> Cells<'a> {
    fn at(&self, number: usize) -> Result<usize, DbErr> {
        let at = self.at.get(number).copied();
        at.ok_or_else(|| DbErr::Type(format!("column {number} was not asked for")))
    }

    /// Whether the column of that number names the session of the request.
    ///
    /// # Errors
    /// The column is empty or holds something else.
    pub fn is_session(&self, number: usize) -> Result<bool, DbErr> {
        let id = self.row.id(self.at(number)?)?.ok_or_else(no_value)?;
        Ok(self.session == Some(id))
    }

    /// The number in the column of that number, if there is one.
    ///
    /// # Errors
    /// The column holds something else.
    pub fn int(&self, number: usize) -> Result<Option<i32>, DbErr> {
        let whole = self.row.whole(self.at(number)?)?.map(i32::try_from).transpose();
        whole.map_err(|_| DbErr::Type("the number is too large".to_owned()))
    }

    /// The moment in the column of that number, if there is one.
    ///
    /// # Errors
    /// The column holds something else.
    pub fn moment_if_any(&self, number: usize) -> Result<Option<DateTime<Utc>>, DbErr> {
        self.row.moment(self.at(number)?)
    }

    /// The moment in the column of that number.
    ///
    /// # Errors
    /// The column is empty or holds something else.
    pub fn moment(&self, number: usize) -> Result<DateTime<Utc>, DbErr> {
        self.moment_if_any(number)?.ok_or_else(no_value)
    }

    /// The day in the column of that number.
    ///
    /// # Errors
    /// The column is empty or holds something else.
    pub fn day(&self, number: usize) -> Result<NaiveDate, DbErr> {
        self.row.day(self.at(number)?)?.ok_or_else(no_value)
    }

    /// The word of `rules` in the column of that number.
    ///
    /// # Errors
    /// The column is empty or holds no such word.
    pub fn word<T: FromStr>(&self, number: usize) -> Result<T, DbErr> {
        let text: &'a str = self.row.text(self.at(number)?)?.ok_or_else(no_value)?;
        text.parse().map_err(|_| DbErr::Type(format!("\"{text}\" is not a word known here")))
    }
}

fn no_value() -> DbErr {
    DbErr::Type("an empty column".to_owned())
}

/// The value of a derived field.
#[derive(Clone, Debug)]
pub enum Scalar {
    /// `Boolean`.
    Boolean(bool),
    /// `Int`.
    Int(i32),
    /// `DateTime`.
    DateTime(DateTime<Utc>),
    /// A word of an enum, as stored.
    Word(&'static str),
    /// Words of an enum, as stored.
    Words(Vec<&'static str>),
    /// Null, for a field that may be.
    Nothing,
}
