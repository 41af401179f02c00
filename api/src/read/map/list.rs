//! What lists can be filtered and ordered by.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::SimpleExpr;
use uuid::Uuid;

use super::{Leaf, Words};

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
