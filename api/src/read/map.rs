//! The map: every type of the graph once, as data. The schema, the planner and the writer are
//! driven by it, so a line here is all a field takes.

mod build;

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use entity::scope::Scope;
use runtime::reads::Row;
use sea_orm::DbErr;
use sea_orm::sea_query::SimpleExpr;
use uuid::Uuid;

pub use build::*;

/// Which rows of a table a caller may see: one of the predicates of `entity::scope`.
pub type Predicate = fn(&Scope) -> SimpleExpr;

/// An object type of the graph, read from one table. Every one is a `Node` and has an `id`.
#[derive(Clone, Debug)]
pub struct Type {
    /// Name in the schema.
    pub name: &'static str,
    /// Description in the schema.
    pub about: &'static str,
    /// Its table.
    pub table: &'static str,
    /// Which rows a caller may see.
    pub scope: Predicate,
    /// Its field of `Query`, if it has one.
    pub root: Option<Root>,
    /// Its fields besides `id`.
    pub fields: Vec<Field>,
    /// What its lists can be filtered by.
    pub filters: Vec<Filter>,
    /// What its lists can be ordered by; the first is the default.
    pub orders: Vec<Order>,
}

/// A field of `Query` that lists all visible rows of a type.
#[derive(Clone, Copy, Debug)]
pub struct Root {
    /// Name in the schema.
    pub name: &'static str,
    /// Description in the schema.
    pub about: &'static str,
}

/// A field of a mapped type.
#[derive(Clone, Debug)]
pub struct Field {
    /// Name in the schema.
    pub name: &'static str,
    /// Description in the schema.
    pub about: &'static str,
    /// Where its value comes from.
    pub kind: Kind,
}

/// Where a field's value comes from.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A column.
    Column {
        /// Its name.
        column: &'static str,
        /// What it holds.
        leaf: Leaf,
        /// Whether it may be empty.
        nullable: bool,
    },
    /// Worked out from columns and the moment of the request.
    Derived {
        /// The columns, in the order `compute` reads them.
        columns: Vec<&'static str>,
        /// What comes out.
        leaf: Leaf,
        /// Whether that may be nothing.
        nullable: bool,
        /// The working out.
        compute: Compute,
    },
    /// One row of another type, null when there is none or it may not be seen.
    One {
        /// The other type.
        target: &'static str,
        /// Column of this table.
        here: &'static str,
        /// Column of the other table, unique there.
        there: &'static str,
    },
    /// One row of one of several types, null when there is none or it may not be seen.
    Either {
        /// The types.
        of: Arc<Either>,
        /// Column of this table with the id of the row, whichever type it is of.
        here: &'static str,
    },
    /// A connection to rows of another type.
    Many {
        /// The other type.
        target: &'static str,
        /// How its rows name their parent.
        link: Link,
    },
    /// A list of plain objects kept as JSON in a column.
    Objects {
        /// Its name.
        column: &'static str,
        /// What is in the list.
        of: Arc<Plain>,
    },
}

/// A derived field's function.
pub type Compute = fn(&Cells<'_>, DateTime<Utc>) -> Result<Scalar, DbErr>;

/// Types of which a row is one, shown as a union. Ids are unique over all tables, so that an id
/// alone says of which.
#[derive(Debug)]
pub struct Either {
    /// Name in the schema.
    pub name: &'static str,
    /// Description in the schema.
    pub about: &'static str,
    /// The types.
    pub targets: Vec<&'static str>,
}

/// How the rows of a to-many relation name their parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// By a column of their own table.
    Column(&'static str),
    /// By a row of a table between the two.
    Through {
        /// The table between.
        table: &'static str,
        /// Its column that names the parent.
        parent: &'static str,
        /// Its column that names the child.
        child: &'static str,
    },
}

/// A plain object inside a JSON column.
#[derive(Clone, Debug)]
pub struct Plain {
    /// Name in the schema.
    pub name: &'static str,
    /// Description in the schema.
    pub about: &'static str,
    /// Its fields.
    pub parts: Vec<Part>,
}

/// A field of a plain object.
#[derive(Clone, Debug)]
pub struct Part {
    /// Name in the schema.
    pub name: &'static str,
    /// Description in the schema.
    pub about: &'static str,
    /// Key in the JSON.
    pub key: &'static str,
    /// What is under it.
    pub holds: Holds,
}

/// What is under a key of a plain object.
#[derive(Clone, Debug)]
pub enum Holds {
    /// A text, always there.
    Text,
    /// A text, or nothing.
    TextIfAny,
    /// A day, always there.
    Day,
    /// A moment, or nothing.
    MomentIfAny,
    /// A whole number, or nothing.
    Int,
    /// Yes or no; no, when it is not there.
    Flag,
    /// A word of a list, always there.
    Word(Arc<Words>),
    /// The id of a row of this type.
    Row(&'static str),
    /// A list of plain objects.
    List(Arc<Plain>),
}

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
            Self::Word(words) => words.name,
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

/// Something a list can be filtered by.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Name in the schema.
    pub name: &'static str,
    /// Description in the schema.
    pub about: &'static str,
    /// What it asks.
    pub test: Test,
}

/// What a filter asks of a row.
#[derive(Clone, Debug)]
pub enum Test {
    /// The column equals the value.
    Is(&'static str, Leaf),
    /// The column is one of the words.
    AnyOf(&'static str, Arc<Words>),
    /// The column contains the text, whatever its case.
    Contains(&'static str),
    /// The column names this node; its type, column.
    Refers(&'static str, &'static str),
    /// The row has to do with this node of the named type.
    Concerns(&'static str, fn(Uuid) -> SimpleExpr),
    /// The columns name the type and the row of this node, whatever its type.
    Node(&'static str, &'static str),
    /// The column is this moment or day, or later.
    From(&'static str, Leaf),
    /// The column is before this moment or day.
    Before(&'static str, Leaf),
    /// Yes: the column is empty. No: it is not.
    Empty(&'static str),
    /// Yes or no, worked out with the moment of the request.
    Holds(fn(bool, DateTime<Utc>) -> SimpleExpr),
}

/// Something a list can be ordered by, either way; ties are broken by id. The column is never
/// empty, and if a text, one of `sort_text` in the migrations.
#[derive(Clone, Debug)]
pub struct Order {
    /// Name in the schema, less `_ASC` or `_DESC`.
    pub name: &'static str,
    /// The column.
    pub column: &'static str,
    /// What it holds.
    pub leaf: Leaf,
    /// Whether the default order, if this is it, is the descending one.
    pub descending: bool,
}

/// The cells a derived field reads.
#[derive(Debug)]
pub struct Cells<'a> {
    pub(super) row: Row<'a>,
    pub(super) at: &'a [usize],
    pub(super) session: Option<Uuid>,
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
    /// Null, for a field that may be.
    Nothing,
}

/// All types, by name and by root field.
#[derive(Debug)]
pub struct Map {
    /// In the order of the areas.
    pub types: Vec<Type>,
    by_name: HashMap<&'static str, usize>,
    by_root: HashMap<&'static str, usize>,
}

impl Map {
    /// A map of these types.
    #[must_use]
    pub fn new(types: Vec<Type>) -> Self {
        let numbered = || types.iter().enumerate();
        let by_name = numbered().map(|(at, ty)| (ty.name, at)).collect();
        let by_root =
            numbered().filter_map(|(at, ty)| ty.root.map(|root| (root.name, at))).collect();
        Self { types, by_name, by_root }
    }

    /// The type of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Type> {
        self.by_name.get(name).map(|at| &self.types[*at])
    }

    /// The type that the field of `Query` lists.
    #[must_use]
    pub fn listed_by(&self, root: &str) -> Option<&Type> {
        self.by_root.get(root).map(|at| &self.types[*at])
    }
}
