//! What a deed changed of a row, in the words of the graph. What the graph does not show of a row,
//! such as a hash, is not written down.

use entity::audit::Change;
use entity::outcome::StoreError;
use sea_orm::sea_query::Value;
use sea_orm::{DbErr, EntityTrait, IdenStatic as _, Iterable as _, ModelTrait};
use uuid::Uuid;

use crate::read::ids;
use crate::read::map::{Field, Kind, Leaf};
use crate::read::registry::Mapped;
use crate::schema;

/// Fields that name people or are secret: that they changed is written down, their values are not.
pub const WITHHELD: &[(&str, &str)] = &[
    ("AgreedAction", "ownerName"),
    ("Contact", "email"),
    ("Person", "email"),
    ("Person", "name"),
    ("SurveyCode", "code"),
];

/// A row's id.
///
/// # Errors
/// A table without one.
pub fn id<M: ModelTrait>(row: &M) -> Result<Uuid, StoreError> {
    match cell(row, "id") {
        Some(Value::Uuid(Some(id))) => Ok(id),
        _ => Err(DbErr::Type("a row without an id".to_owned()).into()),
    }
}

/// What is different after from before, field by field as the graph shows the row. Only when it
/// changed is left out: the entry says that.
#[must_use]
pub fn between<M>(before: Option<&M>, after: Option<&M>) -> Vec<Change>
where
    M: ModelTrait,
    M::Entity: Mapped,
{
    let of = <M::Entity as Mapped>::NAME;
    let fields = schema::map().named(of).map(|of| of.fields.as_slice()).unwrap_or_default();
    let changed = fields.iter().filter(|field| field.name != "changedAt");
    changed.filter_map(|field| change(of, field, before, after)).collect()
}

fn change<M: ModelTrait>(
    of: &str,
    field: &Field,
    before: Option<&M>,
    after: Option<&M>,
) -> Option<Change> {
    let column = match &field.kind {
        Kind::Column { column, .. } | Kind::Objects { column, .. } => column,
        Kind::One { here, .. } if *here != "id" => here,
        _ => return None,
    };
    let there = |row: Option<&M>| row.and_then(|row| cell(row, column)).filter(is_something);
    let (before, after) = (there(before), there(after));
    if before == after {
        return None;
    }
    let withheld = matches!(field.kind, Kind::Objects { .. })
        || WITHHELD.contains(&(of, field.name))
        || [&before, &after].into_iter().any(|value| matches!(value, Some(Value::Json(_))));
    let told = |value: Option<Value>| value.filter(|_| !withheld).and_then(|it| shown(field, &it));
    let (before, after) = (told(before), told(after));
    Some(Change { field: field.name.to_owned(), before, after, withheld })
}

fn cell<M: ModelTrait>(row: &M, name: &str) -> Option<Value> {
    let mut columns = <M::Entity as EntityTrait>::Column::iter();
    columns.find(|column| column.as_str() == name).map(|column| row.get(column))
}

/// Neither null nor an empty list.
fn is_something(value: &Value) -> bool {
    match value {
        Value::Json(list) => {
            list.as_ref().is_some_and(|list| list.as_array().is_none_or(|list| !list.is_empty()))
        }
        value => *value != value.as_null(),
    }
}

/// A value as the graph writes it, without quotation marks.
fn shown(field: &Field, value: &Value) -> Option<String> {
    match (&field.kind, value) {
        (Kind::One { target, .. }, Value::Uuid(Some(id))) => Some(ids::global(target, *id)),
        (Kind::Column { leaf: Leaf::Word(words), .. }, Value::String(Some(stored))) => {
            let word = words.values.iter().find(|word| word.stored == stored);
            word.map(|word| word.shown.clone())
        }
        (_, Value::String(text)) => text.clone(),
        (_, Value::Bool(yes)) => yes.map(|yes| yes.to_string()),
        (_, Value::Int(number)) => number.map(|number| number.to_string()),
        (_, Value::BigInt(number)) => number.map(|number| number.to_string()),
        (_, Value::Double(number)) => number.map(|number| number.to_string()),
        (_, Value::ChronoDate(day)) => day.map(|day| day.to_string()),
        (_, Value::ChronoDateTimeUtc(moment)) => moment.map(ids::moment),
        _ => None,
    }
}
