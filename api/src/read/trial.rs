//! Trying a document before anybody asks it: whether it would be refused whatever its variables are.

use std::collections::BTreeSet;

use apollo_compiler::executable::{DirectiveList, Operation, Selection, SelectionSet, Type, Value};
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{ExecutableDocument, Schema};
use chrono::{DateTime, Utc};
use entity::scope::{Scope, Viewer};

use super::answer::plan;
use super::bill::too_dear;
use super::code::Code;
use super::gate::Refused;
use super::{cost, ids, size};
use crate::schema::Graph;

/// Why a document with one operation is refused, as its client would be told, even with the
/// variables that make it ask for least; `points` are all that a caller can have, 0 for no limit.
///
/// What its variables make of it cannot be foreseen, so several guesses are tried, and a guess that
/// is no good tells nothing.
#[must_use]
pub fn refusal(
    graph: &Graph,
    document: &ExecutableDocument,
    operation: &Operation,
    points: u32,
) -> Option<Refused> {
    let text = document.to_string();
    let mut first = None;
    for guess in guesses(graph.gate.schema(), document, operation) {
        match attempt(graph, &text, &guess, points) {
            Ok(()) => return None,
            Err(errors)
                if operation.variables.is_empty() || Code::first(&errors) != Code::BadUserInput =>
            {
                first = first.or(Some(errors));
            }
            Err(_) => {}
        }
    }
    first
}

fn attempt(graph: &Graph, text: &str, variables: &JsonMap, most: u32) -> Result<(), Refused> {
    let checked = graph.gate.check(text, None, variables)?;
    let size = size::measure(&checked)?;
    // Nobody in particular asks, at no particular time: neither changes the price.
    let scope = Scope::Viewer(Viewer::default());
    let planned = plan(graph, &scope, DateTime::<Utc>::UNIX_EPOCH, &checked)?;
    let points = cost::of_introspection(&size).saturating_add(planned.points());
    if most == 0 || points <= most.into() { Ok(()) } else { Err(vec![too_dear(points, most)]) }
}

/// Most variables that all ways of saying yes and no are tried of.
const MOST_TRIED: usize = 6;

/// Values of the variables that make a document ask for little: one row of each list, and of what
/// variables leave out or not, every choice. Where a list may be read from both of its ends, from
/// either.
fn guesses(schema: &Schema, document: &ExecutableDocument, operation: &Operation) -> Vec<JsonMap> {
    let mut uses = Uses::default();
    uses.of_set(&operation.selection_set);
    document.fragments.values().for_each(|fragment| uses.of_set(&fragment.selection_set));
    let choices = uses.choices();
    let ends = [&uses.neither, &uses.from_the_end, &uses.from_the_start];
    let pairs = choices.iter().flat_map(|yes| ends.iter().map(move |end| (yes, end)));
    let guess = pairs.map(|(yes, left_out)| {
        let mut guess = JsonMap::new();
        for variable in &operation.variables {
            let (name, ty) = (variable.name.as_str(), &*variable.ty);
            let value = match ty.inner_named_type().as_str() {
                _ if ty.is_list() && ty.is_non_null() => Some(JsonValue::Array(Vec::new())),
                _ if ty.is_list() => None,
                "Boolean" => Some(yes.contains(name).into()),
                "Int" if left_out.contains(name) => None,
                "Int" => Some(1.into()),
                _ if ty.is_non_null() && variable.default_value.is_none() => some(schema, ty),
                _ => None,
            };
            if let Some(value) = value {
                guess.insert(name, value);
            }
        }
        guess
    });
    guess.collect()
}

/// Some value of a type.
fn some(schema: &Schema, ty: &Type) -> Option<JsonValue> {
    if ty.is_list() {
        return Some(JsonValue::Array(Vec::new()));
    }
    let name = ty.inner_named_type();
    Some(match (name.as_str(), schema.types.get(name)?) {
        (_, ExtendedType::Enum(of)) => of.values.keys().next()?.as_str().into(),
        (_, ExtendedType::InputObject(of)) => {
            let needed = of
                .fields
                .iter()
                .filter(|(_, field)| field.ty.is_non_null() && field.default_value.is_none());
            let fields =
                needed.map(|(name, field)| Some((name.as_str().into(), some(schema, &field.ty)?)));
            JsonValue::Object(fields.collect::<Option<JsonMap>>()?)
        }
        ("Int" | "Float", _) => 1.into(),
        ("Boolean", _) => false.into(),
        ("Date", _) => "2000-01-01".into(),
        ("DateTime", _) => "2000-01-01T00:00:00Z".into(),
        ("ID", _) => ids::of_any_type().into(),
        _ => "1".into(),
    })
}

/// What variables are used for.
#[derive(Default)]
struct Uses<'d> {
    /// Those that leave something out when true.
    skipping: BTreeSet<&'d str>,
    /// Those that leave something out when true, or when false.
    deciding: BTreeSet<&'d str>,
    /// How many rows from the start of a list.
    from_the_start: BTreeSet<&'d str>,
    /// How many rows from its end.
    from_the_end: BTreeSet<&'d str>,
    /// None.
    neither: BTreeSet<&'d str>,
}

impl<'d> Uses<'d> {
    /// Which variables may be true together: every choice of a few; of many, the likeliest to leave
    /// much out.
    fn choices(&self) -> Vec<BTreeSet<&'d str>> {
        if self.deciding.len() > MOST_TRIED {
            return vec![self.skipping.clone(), self.deciding.clone(), BTreeSet::new()];
        }
        self.deciding.iter().fold(vec![BTreeSet::new()], |mut choices, name| {
            let mut with = choices.clone();
            for choice in &mut with {
                choice.insert(*name);
            }
            choices.append(&mut with);
            choices
        })
    }

    fn of_set(&mut self, set: &'d SelectionSet) {
        for selection in &set.selections {
            self.of_directives(selection.directives());
            match selection {
                Selection::Field(field) => {
                    for argument in &field.arguments {
                        match (argument.name.as_str(), &*argument.value) {
                            ("first", Value::Variable(name)) => self.from_the_start.insert(name),
                            ("last", Value::Variable(name)) => self.from_the_end.insert(name),
                            _ => false,
                        };
                    }
                    self.of_set(&field.selection_set);
                }
                Selection::InlineFragment(inline) => self.of_set(&inline.selection_set),
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn of_directives(&mut self, directives: &'d DirectiveList) {
        let skips = |name: &str| name == "skip";
        for directive in directives.iter().filter(|it| skips(&it.name) || it.name == "include") {
            for argument in &directive.arguments {
                if let Value::Variable(name) = &*argument.value {
                    self.deciding.insert(name);
                    if skips(&directive.name) {
                        self.skipping.insert(name);
                    }
                }
            }
        }
    }
}
