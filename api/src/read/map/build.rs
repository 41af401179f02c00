//! The words that the areas' maps are written in.

use std::sync::Arc;

use sea_orm::sea_query::ColumnType;
use sea_orm::{ColumnTrait, EntityName};

use super::{
    Compute, Either, Field, Filter, Holds, Kind, Leaf, Link, Order, Part, Plain, Root, Test,
    Vocabulary,
};

/// The table of an entity.
pub fn table<E: EntityName>(entity: E) -> &'static str {
    entity.table_name()
}

/// What a column holds, by its type in the entity.
fn leaf(column: impl ColumnTrait) -> Leaf {
    match column.def().get_column_type() {
        ColumnType::Integer | ColumnType::SmallInteger => Leaf::Int,
        ColumnType::Double | ColumnType::Float => Leaf::Float,
        ColumnType::Boolean => Leaf::Boolean,
        ColumnType::Date => Leaf::Date,
        ColumnType::TimestampWithTimeZone => Leaf::DateTime,
        _ => Leaf::Text,
    }
}

/// A list of all visible rows in `Query`.
#[must_use]
pub fn root(name: &'static str, about: &'static str) -> Option<Root> {
    Some(Root { name, about })
}

/// A field that shows a column; type and nullability are the entity's.
pub fn column(name: &'static str, column: impl ColumnTrait, about: &'static str) -> Field {
    let kind = Kind::Column {
        column: column.as_str(),
        leaf: leaf(column),
        nullable: column.def().is_null(),
    };
    Field { name, about, kind }
}

/// A field that shows a column of words as an enum.
pub fn word<V: Vocabulary>(
    name: &'static str,
    column: impl ColumnTrait,
    about: &'static str,
) -> Field {
    let kind = Kind::Column {
        column: column.as_str(),
        leaf: Leaf::Word(V::words()),
        nullable: column.def().is_null(),
    };
    Field { name, about, kind }
}

/// A field worked out from columns, never null.
pub fn derived<C: ColumnTrait>(
    name: &'static str,
    columns: &[C],
    leaf: Leaf,
    compute: Compute,
    about: &'static str,
) -> Field {
    let kind = Kind::Derived {
        columns: columns.iter().map(sea_orm::IdenStatic::as_str).collect(),
        leaf,
        nullable: false,
        compute,
    };
    Field { name, about, kind }
}

/// A field worked out from columns, or null.
pub fn derived_if_any<C: ColumnTrait>(
    name: &'static str,
    columns: &[C],
    leaf: Leaf,
    compute: Compute,
    about: &'static str,
) -> Field {
    let mut field = derived(name, columns, leaf, compute, about);
    if let Kind::Derived { nullable, .. } = &mut field.kind {
        *nullable = true;
    }
    field
}

/// A field that leads to the row a column names.
pub fn one(
    name: &'static str,
    target: &'static str,
    column: impl ColumnTrait,
    about: &'static str,
) -> Field {
    let kind = Kind::One { target, here: column.as_str(), there: "id" };
    Field { name, about, kind }
}

/// A field that leads to the only row that holds the same in a column of its own.
pub fn one_by(
    name: &'static str,
    target: &'static str,
    here: impl ColumnTrait,
    there: impl ColumnTrait,
    about: &'static str,
) -> Field {
    let kind = Kind::One { target, here: here.as_str(), there: there.as_str() };
    Field { name, about, kind }
}

/// A field that leads to the only row whose column names this one.
pub fn one_back(
    name: &'static str,
    target: &'static str,
    column: impl ColumnTrait,
    about: &'static str,
) -> Field {
    let kind = Kind::One { target, here: "id", there: column.as_str() };
    Field { name, about, kind }
}

/// A field that leads to the row a column names, of whichever of the types it is.
pub fn either(
    name: &'static str,
    of: Either,
    column: impl ColumnTrait,
    about: &'static str,
) -> Field {
    let kind = Kind::Either { of: Arc::new(of), here: column.as_str() };
    Field { name, about, kind }
}

/// A connection to the rows whose column names this one.
pub fn many(
    name: &'static str,
    target: &'static str,
    column: impl ColumnTrait,
    about: &'static str,
) -> Field {
    let link = Link::Column(column.as_str());
    let kind = Kind::Many { target, link };
    Field { name, about, kind }
}

/// A connection to the rows that a table between names together with this one.
pub fn many_through<C: ColumnTrait>(
    name: &'static str,
    target: &'static str,
    between: &'static str,
    (parent, child): (C, C),
    about: &'static str,
) -> Field {
    let link = Link::Through { table: between, parent: parent.as_str(), child: child.as_str() };
    let kind = Kind::Many { target, link };
    Field { name, about, kind }
}

/// A list of plain objects kept as JSON.
pub fn objects(
    name: &'static str,
    column: impl ColumnTrait,
    of: Plain,
    about: &'static str,
) -> Field {
    let kind = Kind::Objects { column: column.as_str(), of: Arc::new(of) };
    Field { name, about, kind }
}

/// A field of a plain object.
#[must_use]
pub fn part(name: &'static str, key: &'static str, holds: Holds, about: &'static str) -> Part {
    Part { name, about, key, holds }
}

/// A filter with any test.
#[must_use]
pub fn filter(name: &'static str, test: Test, about: &'static str) -> Filter {
    Filter { name, about, test }
}

/// Rows whose column equals the value.
pub fn is(name: &'static str, column: impl ColumnTrait, about: &'static str) -> Filter {
    filter(name, Test::Is(column.as_str(), leaf(column)), about)
}

/// Rows whose column is one of the words.
pub fn any_of<V: Vocabulary>(
    name: &'static str,
    column: impl ColumnTrait,
    about: &'static str,
) -> Filter {
    filter(name, Test::AnyOf(column.as_str(), V::words()), about)
}

/// Rows whose column contains the text.
pub fn contains(name: &'static str, column: impl ColumnTrait, about: &'static str) -> Filter {
    filter(name, Test::Contains(column.as_str()), about)
}

/// Rows whose column names the node.
pub fn refers(
    name: &'static str,
    target: &'static str,
    column: impl ColumnTrait,
    about: &'static str,
) -> Filter {
    filter(name, Test::Refers(target, column.as_str()), about)
}

/// Rows of that day or moment, or later.
pub fn from(name: &'static str, column: impl ColumnTrait, about: &'static str) -> Filter {
    filter(name, Test::From(column.as_str(), leaf(column)), about)
}

/// Rows before that day or moment.
pub fn before(name: &'static str, column: impl ColumnTrait, about: &'static str) -> Filter {
    filter(name, Test::Before(column.as_str(), leaf(column)), about)
}

/// Rows whose column is, or is not, empty.
pub fn empty(name: &'static str, column: impl ColumnTrait, about: &'static str) -> Filter {
    filter(name, Test::Empty(column.as_str()), about)
}

/// An order, ascending if it is the default.
pub fn asc(name: &'static str, column: impl ColumnTrait) -> Order {
    Order { name, column: column.as_str(), leaf: leaf(column), descending: false }
}

/// An order, descending if it is the default.
pub fn desc(name: &'static str, column: impl ColumnTrait) -> Order {
    Order { descending: true, ..asc(name, column) }
}
