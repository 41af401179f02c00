//! How large a request is once its fragments are expanded, worked out without expanding them: each
//! fragment is measured once. A valid document of a few hundred bytes can stand for billions of
//! fields, so this comes before anything that would walk them.

use std::collections::{HashMap, HashSet};

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::response::{JsonMap, JsonValue};

use super::code::Code;
use super::gate::{Checked, Refused};

/// Most fields, fragments expanded.
pub const MAX_FIELDS: u64 = 5_000;
/// Most aliases, fragments expanded.
pub const MAX_ALIASES: u64 = 500;
/// Most directives, fragments expanded.
pub const MAX_DIRECTIVES: u64 = 200;
/// Deepest nesting of selections and fragments together.
pub const MAX_DEPTH: usize = 128;
/// Most values that introspection may answer, guessed; the usual query for a whole schema comes to
/// about half of it.
pub const MAX_INTROSPECTED: u64 = 1_200_000;
/// Most values in the variables, those in lists and objects counted.
pub const MAX_VALUES: usize = 5_000;
/// Deepest nesting of variables.
pub const MAX_VALUE_DEPTH: usize = 32;

/// The size of a selection, fragments expanded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Fields.
    pub fields: u64,
    /// Fields under a name of the client's.
    pub aliases: u64,
    /// Directives on fields and fragments.
    pub directives: u64,
    /// Values that introspection may answer.
    pub introspected: u64,
    /// How deep selections and fragments nest.
    pub depth: usize,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.introspected = self.introspected.saturating_add(other.introspected);
    }
}

/// Measures the operation of a checked request.
///
/// # Errors
/// It is larger than a request may be.
pub fn measure(checked: &Checked) -> Result<Size, Refused> {
    let mut measure = Measure { document: &checked.document, fragments: HashMap::new() };
    let mut size = measure.set(&checked.operation.selection_set, 0)?;
    size.directives += count(checked.operation.directives.len());
    for (found, most, of) in [
        (size.fields, MAX_FIELDS, "fields"),
        (size.aliases, MAX_ALIASES, "aliases"),
        (size.directives, MAX_DIRECTIVES, "directives"),
        (size.introspected, MAX_INTROSPECTED, "values of the schema"),
    ] {
        if found > most {
            let message = format!("fragments expanded, this selects more than {most} {of}");
            return Err(too_complex(message));
        }
    }
    Ok(size)
}

/// Refuses variables that hold too much.
///
/// # Errors
/// They do.
pub fn check_variables(variables: &JsonMap) -> Result<(), Refused> {
    let mut left = MAX_VALUES;
    let few_and_flat = variables.iter().all(|(_, value)| fits(value, MAX_VALUE_DEPTH, &mut left));
    if few_and_flat {
        return Ok(());
    }
    Err(too_complex(format!(
        "variables hold at most {MAX_VALUES} values, nested at most {MAX_VALUE_DEPTH} deep"
    )))
}

fn fits(value: &JsonValue, depth: usize, left: &mut usize) -> bool {
    if *left == 0 || depth == 0 {
        return false;
    }
    *left -= 1;
    match value {
        JsonValue::Array(items) => items.iter().all(|item| fits(item, depth - 1, left)),
        JsonValue::Object(map) => map.iter().all(|(_, value)| fits(value, depth - 1, left)),
        _ => true,
    }
}

fn check_depth(depth: usize) -> Result<(), Refused> {
    if depth < MAX_DEPTH {
        return Ok(());
    }
    let message = format!("selections and fragments may nest at most {MAX_DEPTH} deep together");
    Err(too_complex(message))
}

fn too_complex(message: String) -> Refused {
    vec![Code::TooComplex.error(message)]
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

struct Measure<'d> {
    document: &'d ExecutableDocument,
    fragments: HashMap<&'d str, Size>,
}

impl<'d> Measure<'d> {
    /// The size of a selection set, `depth` others around it.
    fn set(&mut self, set: &'d SelectionSet, depth: usize) -> Result<Size, Refused> {
        check_depth(depth)?;
        let mut size = Size::default();
        // The same fragment twice in one set selects nothing more.
        let mut spread_before = HashSet::new();
        for selection in &set.selections {
            size.directives = size.directives.saturating_add(count(selection.directives().len()));
            match selection {
                Selection::Field(field) => {
                    let mut below = self.set(&field.selection_set, depth + 1)?;
                    below.fields = below.fields.saturating_add(1);
                    below.aliases = below.aliases.saturating_add(field.alias.is_some().into());
                    if set.ty.starts_with("__") {
                        let values = below.introspected.saturating_add(1);
                        below.introspected = values.saturating_mul(usual_length(&field.name));
                    }
                    size.add(below);
                }
                Selection::InlineFragment(inline) => {
                    size.add(self.set(&inline.selection_set, depth + 1)?);
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.fragment_name.as_str();
                    if spread_before.insert(name) {
                        size.add(self.fragment(name, depth)?);
                    }
                }
            }
        }
        size.depth += 1;
        Ok(size)
    }

    fn fragment(&mut self, name: &'d str, depth: usize) -> Result<Size, Refused> {
        if let Some(size) = self.fragments.get(name) {
            check_depth(depth + size.depth)?;
            return Ok(*size);
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Size::default());
        };
        let mut size = self.set(&fragment.selection_set, depth + 1)?;
        size.directives = size.directives.saturating_add(count(fragment.directives.len()));
        self.fragments.insert(name, size);
        Ok(size)
    }
}

/// How many a list of the introspection schema has on the average, about.
fn usual_length(field: &str) -> u64 {
    match field {
        "types" => 400,
        "possibleTypes" => 12,
        "fields" => 10,
        "directives" => 6,
        "args" | "inputFields" | "enumValues" | "locations" => 2,
        _ => 1,
    }
}
