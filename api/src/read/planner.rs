//! The planner: from a checked document to the rows it asks for.

mod arguments;
mod collect;
mod connection;
mod query;
mod subscription;

pub(super) use connection::{MAX_PAGE, USUAL_PAGE};

use apollo_compiler::ast::OperationType;
use apollo_compiler::executable::{Field as Selected, SelectionSet};
use apollo_compiler::response::{GraphQLError, JsonMap};
use apollo_compiler::{ExecutableDocument, Name};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::code::Code;
use super::gate::{Checked, Gate, Refused};
use super::map::{Field, Holds, Kind, Map, Plain, Type};
use super::plan::{Action, Key, Keyed, Level, Object, Out, PartOut, PayloadOut, Rows};

/// Most selections looked at, fragments expanded.
const MAX_SELECTIONS: usize = 5_000;
/// Deepest nesting of objects, fragments expanded.
const MAX_NESTING: usize = 32;
/// Most rows a request may ask for, every list counted as full. What it may really come to is less
/// and is watched while reading.
const MAX_ROWS: usize = 1_000_000;

/// The fields under one response key, which validation found to be the same field.
type Same<'d> = Vec<&'d Selected>;

/// Where plain objects come from.
#[derive(Clone, Copy, Debug)]
enum Whence {
    /// The list in a column.
    Column(usize),
    /// A list in such a list.
    Inner,
    /// What is worked out, however deep in it.
    Told,
}

impl Whence {
    /// Where the objects of a list in one of these come from.
    fn inner(self) -> Self {
        match self {
            Self::Told => Self::Told,
            Self::Column(_) | Self::Inner => Self::Inner,
        }
    }
}

/// Plans one request.
#[derive(Debug)]
pub struct Planner<'d> {
    map: &'static Map,
    gate: &'d Gate,
    checked: &'d Checked,
    viewer: Option<Uuid>,
    now: DateTime<Utc>,
    selections: usize,
    nesting: usize,
    rows: usize,
}

impl<'d> Planner<'d> {
    /// A planner for one checked request, made by `viewer` at `now`.
    #[must_use]
    pub fn new(
        map: &'static Map,
        gate: &'d Gate,
        checked: &'d Checked,
        viewer: Option<Uuid>,
        now: DateTime<Utc>,
    ) -> Self {
        Self { map, gate, checked, viewer, now, selections: 0, nesting: 0, rows: 0 }
    }

    fn document(&self) -> &'d ExecutableDocument {
        &self.checked.document.parsed
    }

    fn variables(&self) -> &'d JsonMap {
        &self.checked.variables
    }

    /// Refuses the request because of a field's arguments.
    fn refuse(&self, field: &Selected, message: impl Into<String>) -> Refused {
        self.refuse_as(Code::BadUserInput, field, message)
    }

    fn refuse_as(&self, code: Code, field: &Selected, message: impl Into<String>) -> Refused {
        let place = field.name.location();
        code.of(vec![GraphQLError::new(message, place, &self.document().sources)])
    }

    /// Refuses what the schema has and the map has not.
    fn not_mapped(&self, field: &Selected, name: &str) -> Refused {
        self.refuse_as(Code::Internal, field, format!("{name} is not mapped"))
    }

    /// Plans a mutation's fields, `__typename` answered by the caller under an empty name.
    ///
    /// # Errors
    /// As [`Planner::query`].
    pub fn mutation(mut self) -> Result<Keyed<Action>, Refused> {
        let mut actions = Vec::new();
        for (key, same) in self.operation(OperationType::Mutation)? {
            let field = same[0];
            let mut arguments = JsonMap::new();
            for argument in &field.arguments {
                if let Some(value) = self.value(&argument.value) {
                    arguments.insert(argument.name.as_str(), value);
                }
            }
            let mut out = Vec::new();
            if field.name != "__typename" {
                let payload = field.ty().inner_named_type().clone();
                for (key, same) in self.fields(&payload, &same)? {
                    let written = self.payload_field(&payload, &same)?;
                    out.push((key, written));
                }
            }
            let name = field.name.clone();
            actions.push((key, Action { name, arguments, out }));
        }
        Ok(actions)
    }

    fn payload_field(&mut self, payload: &Name, same: &Same<'d>) -> Result<PayloadOut, Refused> {
        let field = same[0];
        let target = field.ty().inner_named_type();
        Ok(match field.name.as_str() {
            "__typename" => PayloadOut::Typename(payload.clone()),
            "userErrors" => {
                let fields = self.fields(target, same)?.into_iter();
                let fields = fields.map(|(key, same)| (key, same[0].name.clone()));
                PayloadOut::Errors(fields.collect())
            }
            name => match self.map.named(target) {
                Some(of) => {
                    PayloadOut::Node(field.name.clone(), Box::new(self.rows_of(of, same, 1)?))
                }
                None if target == "String" => PayloadOut::Text(field.name.clone()),
                None => return Err(self.not_mapped(field, name)),
            },
        })
    }

    /// Rows of a type by id, at most `expected` of them.
    fn rows_of(
        &mut self,
        of: &'static Type,
        same: &Same<'d>,
        expected: usize,
    ) -> Result<Rows, Refused> {
        let mut level = Level::by_id(of);
        self.count_rows(same[0], expected)?;
        let object = self.object(&mut level, 0, of, same, expected)?;
        Ok(Rows { level, object })
    }

    fn count_rows(&mut self, field: &Selected, more: usize) -> Result<(), Refused> {
        self.rows = self.rows.saturating_add(more);
        if self.rows <= MAX_ROWS {
            return Ok(());
        }
        let message = format!(
            "this may ask for {} rows and more; one request may ask for {MAX_ROWS}: \
             give smaller values of \"first\"",
            self.rows
        );
        Err(self.refuse_as(Code::TooComplex, field, message))
    }

    /// What to write of a row that is in `table` of the level.
    fn object(
        &mut self,
        level: &mut Level,
        table: usize,
        of: &'static Type,
        same: &[&'d Selected],
        expected: usize,
    ) -> Result<Object, Refused> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            let message = format!("selections may nest at most {MAX_NESTING} objects deep");
            return Err(self.refuse_as(Code::TooComplex, same[0], message));
        }
        let mut object = Object::new();
        for (key, same) in self.fields(of.name, same)? {
            let out = match same[0].name.as_str() {
                "__typename" => Out::Typename(of.name),
                "id" => Out::Id { of: of.name, at: level.column(table, "id") },
                name => match of.fields.iter().find(|field| field.name == name) {
                    Some(field) => self.field(level, table, field, &same, expected)?,
                    None => return Err(self.not_mapped(same[0], name)),
                },
            };
            object.push((key, out));
        }
        self.nesting -= 1;
        Ok(object)
    }

    fn field(
        &mut self,
        level: &mut Level,
        table: usize,
        field: &'static Field,
        same: &Same<'d>,
        expected: usize,
    ) -> Result<Out, Refused> {
        Ok(match &field.kind {
            Kind::Column { column, leaf, nullable } => {
                Out::Leaf { at: level.column(table, column), leaf, nullable: *nullable }
            }
            Kind::Derived { columns, compute, .. } => Out::Derived {
                at: columns.iter().map(|name| level.column(table, name)).collect(),
                compute: *compute,
            },
            Kind::One { target, here, there } => {
                let target = self.target(same[0], target)?;
                let joined = level.join(table, here, target, there);
                let at = level.column(joined, "id");
                let object = self.object(level, joined, target, same, expected)?;
                Out::One { at, object }
            }
            Kind::Either { of, here } => {
                let mut members = Vec::new();
                for target in &of.targets {
                    let target = self.target(same[0], target)?;
                    let joined = level.join(table, here, target, "id");
                    let at = level.column(joined, "id");
                    members.push((at, self.object(level, joined, target, same, expected)?));
                }
                Out::Either(members)
            }
            Kind::Many { target, link } => {
                let target = self.target(same[0], target)?;
                let given = match self.arguments(same[0]) {
                    Ok(given) => given,
                    Err(problem) => return Ok(Out::Wrong(problem)),
                };
                let connection = self.connection(target, same, &given, Some(*link), expected)?;
                let at = level.column(table, "id");
                let child = level.child(Key::Column(at), connection.level);
                let out = connection.out;
                Out::Many { at, child, out }
            }
            Kind::Objects { column, of } => {
                let at = level.column(table, column);
                let parts = self.parts(level, Whence::Column(at), of, same, expected)?;
                Out::Objects { at, parts }
            }
        })
    }

    fn parts(
        &mut self,
        level: &mut Level,
        whence: Whence,
        of: &'static Plain,
        same: &Same<'d>,
        expected: usize,
    ) -> Result<Keyed<PartOut>, Refused> {
        let mut parts = Vec::new();
        for (key, same) in self.fields(of.name, same)? {
            let name = same[0].name.as_str();
            let part = of.parts.iter().find(|part| part.name == name);
            parts.push((
                key,
                match part {
                    None => PartOut::Typename(of.name),
                    Some(part) => match &part.holds {
                        Holds::Text | Holds::Day => PartOut::Text(part.key),
                        Holds::TextIfAny | Holds::MomentIfAny => PartOut::TextIfAny(part.key),
                        Holds::Int | Holds::Count => PartOut::Int(part.key),
                        Holds::Flag => PartOut::Flag(part.key),
                        Holds::Word(words) => PartOut::Word(part.key, words),
                        Holds::WordIfAny(words) => PartOut::WordIfAny(part.key, words),
                        Holds::Object(inner) => PartOut::Object(
                            part.key,
                            self.parts(level, whence.inner(), inner, &same, expected)?,
                        ),
                        Holds::List(inner) => PartOut::List(
                            part.key,
                            self.parts(level, whence.inner(), inner, &same, expected)?,
                        ),
                        Holds::Row(target) => {
                            let target = self.target(same[0], target)?;
                            let rows = self.rows_of(target, &same, expected)?;
                            let key = match whence {
                                Whence::Column(at) => Key::Json(at, part.key),
                                Whence::Told => Key::Told(part.key),
                                // Rows are fetched for the outer list alone.
                                Whence::Inner => {
                                    let message =
                                        format!("{name} leads to a row from a list in a list");
                                    return Err(self.refuse(same[0], message));
                                }
                            };
                            let child = level.child(key, rows.level);
                            PartOut::Node { key: part.key, child, object: rows.object }
                        }
                    },
                },
            ));
        }
        Ok(parts)
    }

    fn target(&self, field: &Selected, name: &str) -> Result<&'static Type, Refused> {
        self.map.named(name).ok_or_else(|| self.not_mapped(field, name))
    }

    fn operation(&mut self, expected: OperationType) -> Result<Vec<(Name, Same<'d>)>, Refused> {
        let operation = &self.checked.operation;
        debug_assert_eq!(operation.operation_type, expected);
        let sets: [&'d SelectionSet; 1] = [&operation.selection_set];
        self.collect(operation.object_type(), &sets)
    }

    /// The fields selected under the same response key, collected.
    fn fields(
        &mut self,
        type_name: &str,
        same: &[&'d Selected],
    ) -> Result<Vec<(Name, Same<'d>)>, Refused> {
        let sets: Vec<&'d SelectionSet> = same.iter().map(|field| &field.selection_set).collect();
        self.collect(type_name, &sets)
    }
}
