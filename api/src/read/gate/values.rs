//! The values of variables, made what their types say.

use apollo_compiler::Schema;
use apollo_compiler::ast::{Type, Value};
use apollo_compiler::executable::Operation;
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::schema::ExtendedType;

use crate::read::ids;

/// What is wrong with a value, and where it stands.
pub(super) type Wrong = (String, Option<SourceSpan>);

/// The values of the operation's variables, defaults filled in; absent ones are not there.
pub(super) fn variables(
    schema: &Schema,
    operation: &Operation,
    given: &JsonMap,
) -> Result<JsonMap, Wrong> {
    let mut found = JsonMap::new();
    for variable in &operation.variables {
        let name = variable.name.as_str();
        let value = match (given.get(name), &variable.default_value) {
            (Some(given), _) => coerced(schema, &variable.ty, given, &format!("${name}")),
            (None, Some(default)) => constant(schema, &variable.ty, default),
            (None, None) if variable.ty.is_non_null() => {
                Err(format!("the non-null variable ${name} is not given"))
            }
            (None, None) => continue,
        };
        found.insert(name, value.map_err(|problem| (problem, variable.location()))?);
    }
    Ok(found)
}

/// A value of a variable as one of the type.
fn coerced(
    schema: &Schema,
    ty: &Type,
    value: &JsonValue,
    place: &str,
) -> Result<JsonValue, String> {
    let no = || format!("{place} is of type {ty}, which {value} is not");
    if value.is_null() {
        return if ty.is_non_null() { Err(no()) } else { Ok(JsonValue::Null) };
    }
    let name = match ty {
        Type::List(inner) | Type::NonNullList(inner) => {
            let Some(items) = value.as_array() else {
                return Ok(JsonValue::Array(vec![coerced(schema, inner, value, place)?]));
            };
            let items = items.iter().enumerate();
            return items
                .map(|(at, item)| coerced(schema, inner, item, &format!("{place}[{at}]")))
                .collect();
        }
        Type::Named(name) | Type::NonNullNamed(name) => name,
    };
    match schema.types.get(name) {
        Some(ExtendedType::Enum(of)) => value
            .as_str()
            .filter(|word| of.values.contains_key(*word))
            .map(|_| value.clone())
            .ok_or_else(no),
        Some(ExtendedType::InputObject(of)) => {
            let given = value.as_object().ok_or_else(no)?;
            let unknown = given.keys().find(|key| !of.fields.contains_key(key.as_str()));
            if let Some(unknown) = unknown {
                return Err(format!(
                    "{place}.{} is unknown: {name} has no such field",
                    unknown.as_str()
                ));
            }
            let mut object = JsonMap::new();
            for (field, defined) in &of.fields {
                let place = format!("{place}.{field}");
                let value = match (given.get(field.as_str()), &defined.default_value) {
                    (Some(given), _) => coerced(schema, &defined.ty, given, &place)?,
                    (None, Some(default)) => constant(schema, &defined.ty, default)?,
                    (None, None) if defined.ty.is_non_null() => {
                        return Err(format!("{place} is needed"));
                    }
                    (None, None) => continue,
                };
                object.insert(field.as_str(), value);
            }
            Ok(JsonValue::Object(object))
        }
        _ => scalar(name, value, place)?.ok_or_else(no),
    }
}

/// A value of a scalar; none if it is not one.
fn scalar(name: &str, value: &JsonValue, place: &str) -> Result<Option<JsonValue>, String> {
    let text = value.as_str();
    // JSON has one kind of number: `5.0` is five.
    let whole = value.as_i64().or_else(|| {
        let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
        format!("{number}").parse().ok()
    });
    Ok(match name {
        "Int" => whole.and_then(|number| i32::try_from(number).ok()).map(JsonValue::from),
        "Float" => value.as_f64().filter(|number| number.is_finite()).map(|_| value.clone()),
        "String" => text.map(|_| value.clone()),
        "Boolean" => value.as_bool().map(JsonValue::Bool),
        "ID" if value.is_number() => {
            whole.map(|number| JsonValue::String(number.to_string().into()))
        }
        "ID" => text.map(|_| value.clone()),
        name => {
            own(name, text, || value.to_string())
                .map_err(|problem| format!("{place} {problem}"))?;
            Some(value.clone())
        }
    })
}

/// Looks at a value of one of our own scalars.
pub(super) fn own(
    name: &str,
    text: Option<&str>,
    shown: impl Fn() -> String,
) -> Result<(), String> {
    match (name, text) {
        ("Date", Some(text)) => ids::parse_day(text).map(|_| ()),
        ("DateTime", Some(text)) => ids::parse_moment(text).map(|_| ()),
        ("Date" | "DateTime", None) => Err(format!("is a text of type {name}, not {}", shown())),
        _ => Ok(()),
    }
}

/// A value of the schema or the document that has no variable in it, as one of the type.
fn constant(schema: &Schema, ty: &Type, value: &Value) -> Result<JsonValue, String> {
    let json = match value {
        Value::Null | Value::Variable(_) => return Ok(JsonValue::Null),
        Value::Enum(name) => name.as_str().into(),
        Value::String(text) => text.as_str().into(),
        Value::Boolean(yes) => (*yes).into(),
        Value::Int(number) => match (ty.inner_named_type().as_str(), number.as_str()) {
            ("ID", digits) => digits.into(),
            (_, digits) => digits.parse().map(JsonValue::Number).map_err(|_| digits.to_owned())?,
        },
        Value::Float(number) => {
            let digits = number.as_str();
            digits.parse().map(JsonValue::Number).map_err(|_| digits.to_owned())?
        }
        Value::List(items) => {
            let items = items.iter().map(|item| constant(schema, ty.item_type(), item));
            return items.collect();
        }
        Value::Object(given) => {
            let Some(of) = schema.get_input_object(ty.inner_named_type()) else {
                return Ok(JsonValue::Null);
            };
            let mut object = JsonMap::new();
            for (field, defined) in &of.fields {
                let given = given.iter().find(|(name, _)| name == field).map(|(_, value)| value);
                if let Some(value) = given.or(defined.default_value.as_ref()) {
                    object.insert(field.as_str(), constant(schema, &defined.ty, value)?);
                }
            }
            JsonValue::Object(object)
        }
    };
    Ok(if ty.is_list() { JsonValue::Array(vec![json]) } else { json })
}
