//! What validation leaves unsaid of the values in a document: variables inside lists and objects,
//! defaults that are null, fields given twice, and the scalars of our own.

use std::collections::HashSet;

use apollo_compiler::ast::{Argument, Type, Value};
use apollo_compiler::executable::{DirectiveList, Operation, Selection, SelectionSet};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::InputValueDefinition;
use apollo_compiler::{ExecutableDocument, Name, Node, Schema};

use super::values::{Wrong, own};

/// Looks at every value of a valid document.
pub(super) fn look(schema: &Schema, document: &ExecutableDocument) -> Result<(), Wrong> {
    document.operations.iter().try_for_each(|operation| {
        let mut look = Look { schema, document, operation, fragments: HashSet::new() };
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                look.value(&variable.ty, false, default, &format!("${}", variable.name))?;
            }
        }
        look.directives(&operation.directives)?;
        look.selected(&operation.selection_set)
    })
}

/// One look through an operation and the fragments it uses, each once.
struct Look<'d> {
    schema: &'d Schema,
    document: &'d ExecutableDocument,
    operation: &'d Operation,
    fragments: HashSet<&'d str>,
}

impl<'d> Look<'d> {
    fn selected(&mut self, set: &'d SelectionSet) -> Result<(), Wrong> {
        set.selections.iter().try_for_each(|selection| {
            self.directives(selection.directives())?;
            match selection {
                Selection::Field(field) => {
                    self.arguments(&field.definition.arguments, &field.arguments)?;
                    self.selected(&field.selection_set)
                }
                Selection::InlineFragment(inline) => self.selected(&inline.selection_set),
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.fragment_name);
                    match fragment.filter(|_| self.fragments.insert(&spread.fragment_name)) {
                        Some(fragment) => self.selected(&fragment.selection_set),
                        None => Ok(()),
                    }
                }
            }
        })
    }

    fn directives(&self, directives: &DirectiveList) -> Result<(), Wrong> {
        directives.iter().try_for_each(|directive| {
            match self.schema.directive_definitions.get(&directive.name) {
                Some(defined) => self.arguments(&defined.arguments, &directive.arguments),
                None => Ok(()),
            }
        })
    }

    fn arguments(
        &self,
        defined: &[Node<InputValueDefinition>],
        given: &[Node<Argument>],
    ) -> Result<(), Wrong> {
        given.iter().try_for_each(|argument| {
            match defined.iter().find(|defined| defined.name == argument.name) {
                Some(defined) => {
                    let preset = defined.default_value.is_some();
                    self.value(&defined.ty, preset, &argument.value, &argument.name)
                }
                None => Ok(()),
            }
        })
    }

    /// Looks at a value where one of a type stands; `preset` says whether that place has a default.
    fn value(
        &self,
        ty: &Type,
        preset: bool,
        value: &Node<Value>,
        place: &str,
    ) -> Result<(), Wrong> {
        let name = ty.inner_named_type();
        let wrong = |problem: String| Err((format!("{place} {problem}"), value.location()));
        match &**value {
            Value::Variable(variable) => self.variable(ty, preset, variable, value.location()),
            Value::Null if ty.is_non_null() => wrong(format!("is of type {ty}, not null")),
            Value::Null => Ok(()),
            Value::List(items) if ty.is_list() => {
                items.iter().try_for_each(|item| self.value(ty.item_type(), false, item, place))
            }
            _ if ty.is_list() => self.value(ty.item_type(), false, value, place),
            Value::Object(given) => match self.schema.get_input_object(name) {
                Some(of) => self.object(&of.fields, given, place),
                None => wrong(format!("is of type {ty}, not an object")),
            },
            Value::List(_) => wrong(format!("is of type {ty}, not a list")),
            Value::Enum(_) if self.schema.get_scalar(name).is_some() => {
                wrong(format!("is of type {ty}, not {value}"))
            }
            other => match own(name, other.as_str(), || other.to_string()) {
                Ok(()) => Ok(()),
                Err(problem) => wrong(problem),
            },
        }
    }

    fn object<'o>(
        &self,
        defined: &apollo_compiler::collections::IndexMap<
            Name,
            apollo_compiler::schema::Component<InputValueDefinition>,
        >,
        given: &'o [(Name, Node<Value>)],
        place: &str,
    ) -> Result<(), Wrong> {
        let mut names: HashSet<&'o Name> = HashSet::new();
        given.iter().try_for_each(|(name, value)| {
            if !names.insert(name) {
                return Err((format!("{place}.{name} is given twice"), value.location()));
            }
            match defined.get(name) {
                Some(field) => {
                    let preset = field.default_value.is_some();
                    self.value(&field.ty, preset, value, &format!("{place}.{name}"))
                }
                None => Ok(()),
            }
        })
    }

    /// Whether a variable may stand where a value of the type does. One that may be null may stand
    /// where null may not, if there is a default.
    fn variable(
        &self,
        ty: &Type,
        preset: bool,
        name: &Name,
        at: Option<SourceSpan>,
    ) -> Result<(), Wrong> {
        let Some(variable) = self.operation.variables.iter().find(|each| each.name == *name) else {
            return Ok(());
        };
        let own_default = variable.default_value.as_ref().is_some_and(|value| !value.is_null());
        let fits = if ty.is_non_null() && !variable.ty.is_non_null() {
            (own_default || preset) && variable.ty.is_assignable_to(&ty.clone().nullable())
        } else {
            variable.ty.is_assignable_to(ty)
        };
        if fits {
            return Ok(());
        }
        let message = format!("${name} of type {} is used where {ty} is expected", variable.ty);
        Err((message, at))
    }
}
