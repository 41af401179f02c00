//! The writer: rows straight to JSON, in query order. A value that cannot be written becomes null
//! where the schema allows it, else its nearest parent does; either way the error is told.

mod pages;
mod payload;
mod rows;

use apollo_compiler::Name;
use apollo_compiler::response::{GraphQLError, ResponseDataPathSegment as Segment};
use chrono::{DateTime, NaiveDate, Utc};
use runtime::digits;
use sea_orm::DbErr;
use uuid::Uuid;

use super::code::Code;
use super::plan::Keyed;
use super::telling::Problem;

pub use payload::Payload;

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

    /// Tells at the present place why something was not worked out.
    pub fn fail_telling(&mut self, problem: &Problem) -> Bubble {
        let bubble = self.fail_as(problem.code, problem.message.as_str());
        if let (Some(argument), Some(error)) = (problem.argument, self.errors.last_mut()) {
            error.extensions.insert("argument", argument.into());
        }
        bubble
    }

    /// Tells that a row holds what it should not; what exactly is for the log.
    fn unreadable(&mut self, error: &DbErr) -> Bubble {
        tracing::error!(%error, "a stored value cannot be shown");
        self.fail("this value cannot be shown; the fault is ours and has been logged")
    }
}
