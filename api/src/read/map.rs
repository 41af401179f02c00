//! The map: every type of the graph once, as data. The schema, the planner and the writer are
//! driven by it, so a line here is all a field takes.

mod build;
mod list;
mod value;

use std::collections::HashMap;
use std::sync::Arc;

use entity::scope::Scope;
use sea_orm::sea_query::SimpleExpr;

pub use build::*;
pub use list::*;
pub use value::*;

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
    /// A whole number, there if it was asked for.
    Count,
    /// Yes or no; no, when it is not there.
    Flag,
    /// A word of a list, always there.
    Word(Arc<Words>),
    /// A word of a list, or nothing.
    WordIfAny(Arc<Words>),
    /// The id of a row of this type.
    Row(&'static str),
    /// A plain object, always there.
    Object(Arc<Plain>),
    /// A list of plain objects.
    List(Arc<Plain>),
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
