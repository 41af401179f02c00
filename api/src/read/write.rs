//! The writer: rows straight to JSON, in query order. A value that cannot be written becomes null
//! where the schema allows it, else its nearest parent does; either way the error is told.

use apollo_compiler::Name;
use apollo_compiler::response::{GraphQLError, ResponseDataPathSegment as Segment};
use chrono::{DateTime, NaiveDate, Utc};
use runtime::digits;
use runtime::reads::Row;
use sea_orm::DbErr;
use serde_json::Value as Json;
use uuid::Uuid;

use super::code::Code;
use super::ids;
use super::map::{Cells, Leaf, Scalar};
use super::plan::{
    ConnectionOut, EdgeOut, Keyed, Level, Object, Out, Page, PageOut, PartOut, PayloadOut, Rows,
    Told,
};
use super::run::{Fetched, id_under};

/// A response's `data` in the making.
#[derive(Debug)]
pub struct Writer<'p> {
    /// JSON so far.
    pub out: Vec<u8>,
    /// Errors so far.
    pub errors: Vec<GraphQLError>,
    path: Vec<Step<'p>>,
    now: DateTime<Utc>,
    session: Option<Uuid>,
}

/// A step on the way to the present place.
#[derive(Clone, Copy, Debug)]
enum Step<'p> {
    Key(&'p Name),
    Item(usize),
}

/// A value that must not be null could not be written: the parent is null.
#[derive(Debug)]
pub struct Bubble;

type Written = Result<(), Bubble>;

/// What a mutation answered.
#[derive(Debug, serde::Deserialize)]
pub struct Payload {
    /// Refusals.
    #[serde(rename = "userErrors")]
    pub errors: Vec<serde_json::Map<String, Json>>,
    /// Ids of rows, and texts, by field.
    #[serde(flatten)]
    pub values: std::collections::HashMap<String, Option<String>>,
}

impl Payload {
    /// The row in a field, if there is one.
    #[must_use]
    pub fn row(&self, field: &str) -> Option<Uuid> {
        self.values.get(field)?.as_ref()?.parse().ok()
    }
}

impl<'p> Writer<'p> {
    /// A writer for a request made at `now`. What it writes is the value of `data`.
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        let mut out = Vec::with_capacity(4_096);
        out.extend_from_slice(b"{\"data\":");
        Self { out, errors: Vec::new(), path: Vec::new(), now, session: None }
    }

    /// The same for a request that a session let in.
    #[must_use]
    pub fn of_session(self, session: Option<Uuid>) -> Self {
        Self { session, ..self }
    }

    /// Writes an object field by field; `write` is given each.
    pub fn object<T>(
        &mut self,
        fields: &'p Keyed<T>,
        mut write: impl FnMut(&mut Self, &'p Name, &'p T) -> Written,
    ) -> Written {
        self.out.push(b'{');
        for (number, (key, field)) in fields.iter().enumerate() {
            if number > 0 {
                self.out.push(b',');
            }
            // A name of GraphQL has nothing to escape.
            self.out.push(b'"');
            self.out.extend_from_slice(key.as_bytes());
            self.out.extend_from_slice(b"\":");
            self.path.push(Step::Key(key));
            let written = write(self, key, field);
            self.path.pop();
            written?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn list<T>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Written,
    ) -> Written {
        self.out.push(b'[');
        for (number, item) in items.enumerate() {
            if number > 0 {
                self.out.push(b',');
            }
            self.path.push(Step::Item(number));
            let written = write(self, item);
            self.path.pop();
            written?;
        }
        self.out.push(b']');
        Ok(())
    }

    /// Writes what may be null: if it fails, null stands in its place.
    pub fn nullable(&mut self, write: impl FnOnce(&mut Self) -> Written) {
        let start = self.out.len();
        let depth = self.path.len();
        if write(self).is_err() {
            self.out.truncate(start);
            self.path.truncate(depth);
            self.null();
        }
    }

    /// Writes null.
    pub fn null(&mut self) {
        self.out.extend_from_slice(b"null");
    }

    /// Writes a string.
    pub fn text(&mut self, text: &str) {
        // Writing a string into memory cannot fail.
        let _ = serde_json::to_writer(&mut self.out, text);
    }

    fn boolean(&mut self, yes: bool) {
        self.out.extend_from_slice(if yes { b"true" } else { b"false" });
    }

    fn number(&mut self, number: i64) {
        self.out.extend_from_slice(number.to_string().as_bytes());
    }

    /// Writes a day: `2026-10-05`.
    fn day(&mut self, day: NaiveDate) {
        self.out.push(b'"');
        digits::day(&mut self.out, day);
        self.out.push(b'"');
    }

    /// Writes a moment: `2026-10-05T07:00:00Z`.
    fn moment(&mut self, moment: DateTime<Utc>) {
        self.out.push(b'"');
        digits::moment(&mut self.out, moment);
        self.out.push(b'"');
    }

    /// Tells a fault of ours at the present place.
    pub fn fail(&mut self, message: impl Into<String>) -> Bubble {
        self.fail_as(Code::Internal, message)
    }

    /// Tells an error of some kind at the present place.
    pub fn fail_as(&mut self, code: Code, message: impl Into<String>) -> Bubble {
        let path = self.path.iter().map(|step| match step {
            Step::Key(key) => Segment::Field((*key).clone()),
            Step::Item(number) => Segment::ListIndex(*number),
        });
        self.errors.push(GraphQLError { path: path.collect(), ..code.error(message) });
        Bubble
    }

    /// Tells that a row holds what it should not; what exactly is for the log.
    fn unreadable(&mut self, error: &DbErr) -> Bubble {
        tracing::error!(%error, "a stored value cannot be shown");
        self.fail("this value cannot be shown; the fault is ours and has been logged")
    }

    /// Writes a row fetched by id, null if it is not there.
    pub fn row_by_id(&mut self, rows: &'p Rows, fetched: &Fetched, id: Uuid) {
        match fetched.rows_of(id).next() {
            Some(row) => {
                self.nullable(|writer| writer.row(&rows.object, &rows.level, fetched, row));
            }
            None => self.null(),
        }
    }

    /// Writes rows of several fetches as a list.
    pub fn row_list(
        &mut self,
        wanted: &[Option<(Uuid, usize)>],
        rows: &'p [Rows],
        fetched: &[Fetched],
    ) -> Written {
        self.list(wanted.iter(), |writer, wanted| {
            match wanted.and_then(|(id, at)| Some((id, rows.get(at)?, fetched.get(at)?))) {
                Some((id, rows, fetched)) => writer.row_by_id(rows, fetched, id),
                None => writer.null(),
            }
            Ok(())
        })
    }

    /// Writes what was worked out.
    pub fn told(&mut self, told: &'p Told, value: &Json, children: Vec<Fetched>) -> Written {
        let all = Fetched::around(children);
        let object = |writer: &mut Self, item: &Json| {
            writer.object(&told.parts, |writer, _, part| writer.part(part, &told.level, &all, item))
        };
        match value {
            Json::Null => self.null(),
            Json::Array(items) => self.list(items.iter(), object)?,
            item => object(self, item)?,
        }
        Ok(())
    }

    fn row(
        &mut self,
        object: &'p Object,
        level: &'p Level,
        all: &Fetched,
        row: Row<'_>,
    ) -> Written {
        self.object(object, |writer, _, out| writer.field(out, level, all, row))
    }

    fn field(&mut self, out: &'p Out, level: &'p Level, all: &Fetched, row: Row<'_>) -> Written {
        match out {
            Out::Typename(name) => self.text(name),
            Out::Id { of, at } => {
                let id = row.id(*at).map_err(|error| self.unreadable(&error))?;
                ids::write_global(&mut self.out, of, id.unwrap_or_default());
            }
            Out::Leaf { at, leaf, nullable } => match self.leaf(row, *at, leaf) {
                Ok(true) => {}
                Ok(false) if *nullable => self.null(),
                Ok(false) => return Err(self.unreadable(&DbErr::Type("an empty column".into()))),
                Err(error) => {
                    let bubble = self.unreadable(&error);
                    if !nullable {
                        return Err(bubble);
                    }
                    self.null();
                }
            },
            Out::Derived { at, compute } => {
                let value = compute(&Cells { row, at, session: self.session }, self.now);
                match value.map_err(|error| self.unreadable(&error))? {
                    Scalar::Boolean(yes) => self.boolean(yes),
                    Scalar::Int(number) => self.number(number.into()),
                    Scalar::DateTime(moment) => self.moment(moment),
                    Scalar::Word(word) => self.text(&word.to_ascii_uppercase()),
                    Scalar::Nothing => self.null(),
                }
            }
            Out::One { at, object } => match row.id(*at) {
                Ok(Some(_)) => self.nullable(|writer| writer.row(object, level, all, row)),
                Ok(None) => self.null(),
                Err(error) => {
                    self.unreadable(&error);
                    self.null();
                }
            },
            Out::Either(members) => {
                let joined = |at: usize| row.id(at).ok().flatten();
                match members.iter().find(|(at, _)| joined(*at).is_some()) {
                    Some((_, object)) => {
                        self.nullable(|writer| writer.row(object, level, all, row));
                    }
                    None => self.null(),
                }
            }
            Out::Wrong(message) => {
                self.fail_as(Code::BadUserInput, message.as_str());
                self.null();
            }
            Out::Many { at, child, out } => {
                let (Some(below), Some(fetched)) =
                    (level.children.get(*child), all.children.get(*child))
                else {
                    return Err(self.fail("this list was not fetched"));
                };
                let parent = row.id(*at);
                let parent = parent.map_err(|error| self.unreadable(&error))?;
                let parent = parent.unwrap_or_default();
                self.nullable(|writer| writer.connection(out, &below.level, fetched, parent));
            }
            Out::Objects { at, parts } => {
                let list = row.json(*at);
                let list = list.map_err(|error| self.unreadable(&error))?;
                let items = list.as_ref().and_then(Json::as_array).map(Vec::as_slice);
                let items = items.unwrap_or_default();
                self.list(items.iter(), |writer, item| {
                    writer.object(parts, |writer, _, part| writer.part(part, level, all, item))
                })?;
            }
        }
        Ok(())
    }

    fn part(&mut self, part: &'p PartOut, level: &'p Level, all: &Fetched, item: &Json) -> Written {
        match part {
            PartOut::Typename(name) => self.text(name),
            PartOut::Text(key) => match item.get(key).and_then(Json::as_str) {
                Some(text) => self.text(text),
                None => return Err(self.unreadable(&DbErr::Type(format!("no {key} in JSON")))),
            },
            PartOut::TextIfAny(key) => match item.get(key).and_then(Json::as_str) {
                Some(text) => self.text(text),
                None => self.null(),
            },
            PartOut::Int(key) => match item.get(key) {
                None | Some(Json::Null) => self.null(),
                Some(number) => match number.as_i64() {
                    Some(number) => self.number(number),
                    None => return Err(self.unreadable(&DbErr::Type(format!("{key} is no Int")))),
                },
            },
            PartOut::Flag(key) => {
                self.boolean(item.get(key).and_then(Json::as_bool).unwrap_or(false));
            }
            PartOut::Word(key, words) => {
                let stored = item.get(key).and_then(Json::as_str);
                let word = words.values.iter().find(|word| Some(word.stored) == stored);
                match word {
                    Some(word) => self.text(&word.shown),
                    None => return Err(self.unreadable(&DbErr::Type(format!("no {key} in JSON")))),
                }
            }
            PartOut::List(key, parts) => {
                let list = item.get(key).and_then(Json::as_array);
                self.list(list.into_iter().flatten(), |writer, item| {
                    writer.object(parts, |writer, _, part| writer.part(part, level, all, item))
                })?;
            }
            PartOut::Node { key, child, object } => {
                let found = id_under(item, key).and_then(|id| {
                    let fetched = all.children.get(*child)?;
                    let level = &level.children.get(*child)?.level;
                    Some((level, fetched, fetched.rows_of(id).next()?))
                });
                match found {
                    Some((level, fetched, row)) => {
                        self.nullable(|writer| writer.row(object, level, fetched, row));
                    }
                    None => self.null(),
                }
            }
        }
        Ok(())
    }

    /// Writes a column; `false` if it is empty and nothing was written.
    fn leaf(&mut self, row: Row<'_>, at: usize, leaf: &Leaf) -> Result<bool, DbErr> {
        match leaf {
            Leaf::Text => match row.text(at)? {
                Some(text) => self.text(text),
                None => return Ok(false),
            },
            Leaf::Int => match row.whole(at)? {
                Some(number) => self.number(number),
                None => return Ok(false),
            },
            Leaf::Float => match row.number(at)? {
                Some(number) if number.is_finite() => {
                    // JSON has one kind of number: twelve is `12`, not `12.0`.
                    self.out.extend_from_slice(number.to_string().as_bytes());
                }
                Some(number) => return Err(DbErr::Type(format!("{number} is no JSON number"))),
                None => return Ok(false),
            },
            Leaf::Boolean => match row.flag(at)? {
                Some(yes) => self.boolean(yes),
                None => return Ok(false),
            },
            Leaf::Date => match row.day(at)? {
                Some(day) => self.day(day),
                None => return Ok(false),
            },
            Leaf::DateTime => match row.moment(at)? {
                Some(moment) => self.moment(moment),
                None => return Ok(false),
            },
            Leaf::Word(words) => match row.text(at)? {
                Some(stored) => {
                    let word = words.values.iter().find(|word| word.stored == stored);
                    let word = word
                        .ok_or_else(|| DbErr::Type(format!("\"{stored}\" is no {}", words.name)))?;
                    self.text(&word.shown);
                }
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// Writes a connection to the rows of a parent.
    pub fn connection(
        &mut self,
        out: &'p Keyed<ConnectionOut>,
        level: &'p Level,
        fetched: &Fetched,
        parent: Uuid,
    ) -> Written {
        let Some(page) = &level.page else {
            return Err(self.fail("this list has no page"));
        };
        let mut rows: Vec<Row<'_>> = fetched.rows_of(parent).collect();
        let more = rows.len() > page.limit;
        rows.truncate(page.limit);
        if page.backward {
            rows.reverse();
        }
        self.object(out, |writer, _, out| match out {
            ConnectionOut::Typename(name) => {
                writer.text(name);
                Ok(())
            }
            ConnectionOut::Total => {
                writer.number(fetched.totals.get(&parent).copied().unwrap_or(0));
                Ok(())
            }
            ConnectionOut::PageInfo(fields) => writer
                .object(fields, |writer, _, field| writer.page_info(*field, page, more, &rows)),
            ConnectionOut::Nodes(object) => writer
                .list(rows.iter().copied(), |writer, row| writer.row(object, level, fetched, row)),
            ConnectionOut::Edges(fields) => writer.list(rows.iter().copied(), |writer, row| {
                writer.object(fields, |writer, _, field| match field {
                    EdgeOut::Typename(name) => {
                        writer.text(name);
                        Ok(())
                    }
                    EdgeOut::Cursor => writer.cursor(page, row),
                    EdgeOut::Node(object) => writer.row(object, level, fetched, row),
                })
            }),
        })
    }

    fn page_info(&mut self, field: PageOut, page: &Page, more: bool, rows: &[Row<'_>]) -> Written {
        let edge = match field {
            PageOut::Typename => {
                self.text("PageInfo");
                return Ok(());
            }
            // What lies on the side a cursor came from is known to be there, not counted again.
            PageOut::HasNext => {
                self.boolean(if page.backward { page.before.is_some() } else { more });
                return Ok(());
            }
            PageOut::HasPrevious => {
                self.boolean(if page.backward { more } else { page.after.is_some() });
                return Ok(());
            }
            PageOut::Start => rows.first(),
            PageOut::End => rows.last(),
        };
        if let Some(row) = edge.copied() {
            return self.cursor(page, row);
        }
        self.null();
        Ok(())
    }

    fn cursor(&mut self, page: &Page, row: Row<'_>) -> Written {
        let cursor = match page.cursor {
            Some((key, id)) => {
                row.id(id).and_then(|id| ids::cursor(page.order, row, key, id.unwrap_or_default()))
            }
            None => Err(DbErr::Type("the sort column was not fetched".into())),
        };
        let cursor = cursor.map_err(|error| self.unreadable(&error))?;
        self.text(&cursor);
        Ok(())
    }

    /// Writes a mutation's payload, its rows fetched in the order of the plan.
    pub fn payload(
        &mut self,
        out: &'p Keyed<PayloadOut>,
        payload: &Payload,
        fetched: &[Fetched],
    ) -> Written {
        let mut fetched = fetched.iter();
        self.object(out, |writer, _, out| match out {
            PayloadOut::Typename(name) => {
                writer.text(name);
                Ok(())
            }
            PayloadOut::Errors(fields) => writer.list(payload.errors.iter(), |writer, error| {
                writer.object(fields, |writer, _, field| {
                    match error.get(field.as_str()) {
                        Some(value) => writer.out.extend_from_slice(value.to_string().as_bytes()),
                        None if field == "__typename" => writer.text("UserError"),
                        None => writer.null(),
                    }
                    Ok(())
                })
            }),
            PayloadOut::Text(name) => {
                match payload.values.get(name.as_str()) {
                    Some(Some(text)) => writer.text(text),
                    _ => writer.null(),
                }
                Ok(())
            }
            PayloadOut::Node(name, rows) => {
                match (payload.row(name), fetched.next()) {
                    (Some(id), Some(fetched)) => writer.row_by_id(rows, fetched, id),
                    _ => writer.null(),
                }
                Ok(())
            }
        })
    }
}
