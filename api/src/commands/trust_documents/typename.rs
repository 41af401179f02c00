//! Writing `__typename` into documents, as Apollo Client does before it sends them.

use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Schema, name};

/// Adds `__typename` at the end of each selection set that has none, except those of operations.
pub(super) fn add(schema: &Schema, document: &mut ExecutableDocument) {
    let operations = &mut document.operations;
    for operation in operations.anonymous.iter_mut().chain(operations.named.values_mut()) {
        below(schema, &mut operation.make_mut().selection_set);
    }
    for fragment in document.fragments.values_mut() {
        to(schema, &mut fragment.make_mut().selection_set);
    }
}

fn to(schema: &Schema, set: &mut SelectionSet) {
    below(schema, set);
    let has = set.selections.iter().any(
        |selection| matches!(selection, Selection::Field(field) if field.name.starts_with("__")),
    );
    // Every type that is selected from has it.
    if !has && let Ok(field) = set.new_field(schema, name!("__typename")) {
        set.push(field);
    }
}

fn below(schema: &Schema, set: &mut SelectionSet) {
    for selection in &mut set.selections {
        match selection {
            Selection::Field(field) if field.selection_set.selections.is_empty() => {}
            Selection::Field(field) => to(schema, &mut field.make_mut().selection_set),
            Selection::InlineFragment(inline) => to(schema, &mut inline.make_mut().selection_set),
            Selection::FragmentSpread(_) => {}
        }
    }
}
