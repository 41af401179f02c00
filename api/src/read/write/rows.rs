//! Rows, field by field.

use runtime::reads::Row;
use sea_orm::DbErr;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Writer, Written};
use crate::read::code::Code;
use crate::read::ids;
use crate::read::map::{Cells, Leaf, Scalar};
use crate::read::plan::{Level, Object, Out, PartOut, Rows, Told};
use crate::read::run::{Fetched, id_under};

impl<'p> Writer<'p> {
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

    pub(super) fn row(
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
                    Scalar::Words(words) => self.list(words.into_iter(), |writer, word| {
                        writer.text(&word.to_ascii_uppercase());
                        Ok(())
                    })?,
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
            PartOut::WordIfAny(key, _) if item.get(key).is_none_or(Json::is_null) => self.null(),
            PartOut::Word(key, words) | PartOut::WordIfAny(key, words) => {
                let stored = item.get(key).and_then(Json::as_str);
                let word = words.values.iter().find(|word| Some(word.stored) == stored);
                match word {
                    Some(word) => self.text(&word.shown),
                    None => return Err(self.unreadable(&DbErr::Type(format!("no {key} in JSON")))),
                }
            }
            PartOut::Object(key, parts) => {
                let inner = item.get(key).unwrap_or(&Json::Null);
                self.object(parts, |writer, _, part| writer.part(part, level, all, inner))?;
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
            Leaf::Words(_) => return Err(DbErr::Type("words are in no column".to_owned())),
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
}
