//! What a field's arguments come to, as the specification's `CoerceArgumentValues` has it. Most of
//! what could be wrong validation has found; a null that came in by a nullable variable is left,
//! and makes that field fail, not the request.

use apollo_compiler::ast::{Type, Value};
use apollo_compiler::executable::Field as Selected;
use apollo_compiler::response::{JsonMap, JsonValue};

use super::Planner;

impl Planner<'_> {
    /// The values of a field's arguments, defaults filled in; absent ones are not there.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub(super) fn arguments(&self, field: &Selected) -> Result<JsonMap, String> {
        let mut found = JsonMap::new();
        for defined in &field.definition.arguments {
            let name = &defined.name;
            let given = field.specified_argument_by_name(name).filter(|given| !self.absent(given));
            let value = match (given, &defined.default_value) {
                (Some(given), _) => self.literal(&defined.ty, given).ok_or_else(|| {
                    let ty = &defined.ty;
                    format!("\"{name}\" is of type {ty}: it, or an item in it, must not be null")
                })?,
                (None, Some(default)) => self.literal(&defined.ty, default).unwrap_or_default(),
                (None, None) if defined.ty.is_non_null() => {
                    return Err(format!("\"{name}\" is needed"));
                }
                (None, None) => continue,
            };
            found.insert(name.as_str(), value);
        }
        Ok(found)
    }

    /// A value of the document as one of the type, its variables filled in; none if it holds null
    /// where the type does not.
    fn literal(&self, ty: &Type, value: &Value) -> Option<JsonValue> {
        if let Value::Variable(name) = value {
            let value = self.variables().get(name.as_str())?;
            return (!(value.is_null() && ty.is_non_null())).then(|| value.clone());
        }
        if value.is_null() {
            return (!ty.is_non_null()).then_some(JsonValue::Null);
        }
        match (ty, value) {
            (Type::List(inner) | Type::NonNullList(inner), Value::List(items)) => {
                let items = items.iter().map(|item| match self.absent(item) {
                    true if inner.is_non_null() => None,
                    true => Some(JsonValue::Null),
                    false => self.literal(inner, item),
                });
                items.collect()
            }
            (Type::List(inner) | Type::NonNullList(inner), _) => {
                Some(JsonValue::Array(vec![self.literal(inner, value)?]))
            }
            (Type::Named(name) | Type::NonNullNamed(name), Value::Object(given)) => {
                let mut object = JsonMap::new();
                for (name, defined) in &self.gate.schema().get_input_object(name)?.fields {
                    let given = given.iter().find(|(given, _)| given == name);
                    let given = given.map(|(_, value)| value).filter(|given| !self.absent(given));
                    let value = match (given, &defined.default_value) {
                        (Some(given), _) => self.literal(&defined.ty, given)?,
                        (None, Some(default)) => self.literal(&defined.ty, default)?,
                        (None, None) if defined.ty.is_non_null() => return None,
                        (None, None) => continue,
                    };
                    object.insert(name.as_str(), value);
                }
                Some(JsonValue::Object(object))
            }
            (Type::Named(name) | Type::NonNullNamed(name), Value::Int(number)) if name == "ID" => {
                Some(JsonValue::String(number.as_str().into()))
            }
            _ => self.value(value),
        }
    }

    /// Whether it is a variable that was not given.
    fn absent(&self, value: &Value) -> bool {
        match value {
            Value::Variable(name) => !self.variables().contains_key(name.as_str()),
            _ => false,
        }
    }
}
