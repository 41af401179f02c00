//! Which fields a selection comes to, over fragments and type conditions, `@skip` and `@include`,
//! equal response keys merged; and what their arguments are.

use std::collections::HashSet;

use apollo_compiler::Name;
use apollo_compiler::ast::Value;
use apollo_compiler::executable::{DirectiveList, Field as Selected, Selection, SelectionSet};
use apollo_compiler::response::{GraphQLError, JsonMap, JsonValue};

use super::{MAX_SELECTIONS, Planner, Same};
use crate::read::code::Code;
use crate::read::gate::Refused;

/// Fields found so far, in query order.
#[derive(Default)]
struct Found<'d> {
    fields: Vec<(Name, Same<'d>)>,
    at: std::collections::HashMap<Name, usize>,
    fragments: HashSet<&'d str>,
}

impl<'d> Planner<'d> {
    /// The fields of a concrete type that the selections come to.
    pub(super) fn collect(
        &mut self,
        type_name: &str,
        sets: &[&'d SelectionSet],
    ) -> Result<Vec<(Name, Same<'d>)>, Refused> {
        let mut found = Found::default();
        for set in sets {
            self.collect_into(&mut found, type_name, set)?;
        }
        Ok(found.fields)
    }

    fn collect_into(
        &mut self,
        found: &mut Found<'d>,
        type_name: &str,
        set: &'d SelectionSet,
    ) -> Result<(), Refused> {
        for selection in &set.selections {
            self.selections += 1;
            if self.selections > MAX_SELECTIONS {
                let message =
                    format!("fragments expanded, this selects more than {MAX_SELECTIONS} fields");
                return Err(vec![Code::TooComplex.error(message)]);
            }
            if !self.wanted(selection.directives())? {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    let key = field.response_key();
                    let next = found.fields.len();
                    match *found.at.entry(key.clone()).or_insert(next) {
                        at if at < next => {
                            self.same_lists(found.fields[at].1[0], field)?;
                            found.fields[at].1.push(field);
                        }
                        _ => found.fields.push((key.clone(), vec![field])),
                    }
                }
                Selection::InlineFragment(inline) => {
                    if self.applies(inline.type_condition.as_ref(), type_name) {
                        self.collect_into(found, type_name, &inline.selection_set)?;
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.document().fragments.get(&spread.fragment_name)
                    else {
                        continue;
                    };
                    if self.applies(Some(fragment.type_condition()), type_name)
                        && found.fragments.insert(spread.fragment_name.as_str())
                    {
                        self.collect_into(found, type_name, &fragment.selection_set)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Refuses two fields to be merged whose arguments differ in the length of a list, which the
    /// library's validation does not compare.
    fn same_lists(&self, one: &Selected, other: &Selected) -> Result<(), Refused> {
        let differs = one.arguments.iter().any(|argument| {
            let value = other.specified_argument_by_name(&argument.name);
            value.is_none_or(|value| !same(&argument.value, value))
        });
        if !differs {
            return Ok(());
        }
        let key = other.response_key();
        Err(self.refuse(other, format!("{key} is selected twice with different arguments")))
    }

    /// What `@skip` and `@include` say. A condition that a nullable variable made null says neither.
    fn wanted(&self, directives: &DirectiveList) -> Result<bool, Refused> {
        for (name, unwanted) in [("skip", true), ("include", false)] {
            let Some(directive) = directives.get(name) else {
                continue;
            };
            let condition = directive.specified_argument_by_name("if");
            match condition.and_then(|condition| self.value(condition)) {
                Some(JsonValue::Bool(yes)) if yes == unwanted => return Ok(false),
                Some(JsonValue::Bool(_)) => {}
                _ => {
                    let message = format!("the condition of @{name} is null: give true or false");
                    let place = directive.name.location();
                    let error = GraphQLError::new(message, place, &self.document().sources);
                    return Err(Code::BadUserInput.of(vec![error]));
                }
            }
        }
        Ok(true)
    }

    /// A value with its variables filled in; none for a variable that was not given.
    pub(super) fn value(&self, value: &Value) -> Option<JsonValue> {
        Some(match value {
            Value::Null => JsonValue::Null,
            Value::Enum(name) => JsonValue::String(name.as_str().into()),
            Value::Variable(name) => self.variables().get(name.as_str())?.clone(),
            Value::String(text) => JsonValue::String(text.as_str().into()),
            Value::Boolean(yes) => JsonValue::Bool(*yes),
            Value::Int(number) => match number.as_str().parse::<i64>() {
                Ok(number) => number.into(),
                Err(_) => number.try_to_f64().ok()?.into(),
            },
            Value::Float(number) => number.try_to_f64().ok()?.into(),
            Value::List(items) => {
                items.iter().map(|item| self.value(item).unwrap_or(JsonValue::Null)).collect()
            }
            Value::Object(fields) => {
                let mut object = JsonMap::new();
                for (name, value) in fields {
                    if let Some(value) = self.value(value) {
                        object.insert(name.as_str(), value);
                    }
                }
                JsonValue::Object(object)
            }
        })
    }

    /// Whether a type condition holds for an object of the type.
    fn applies(&self, condition: Option<&Name>, type_name: &str) -> bool {
        condition.is_none_or(|condition| {
            condition == type_name || self.gate.schema().is_subtype(condition, type_name)
        })
    }
}

/// Whether two values are the same, whatever the order of the fields of objects.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| {
                    other.iter().any(|(given, other)| given == name && same(value, other))
                })
        }
        (one, other) => one == other,
    }
}
