//! Fields of `Query` that are worked out for each request by the rules, where no table holds the
//! answer. What comes out is JSON, written like plain objects kept in a column; the rows it names are
//! read by plans, so that nothing of them is shown that the caller may not see.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use apollo_compiler::response::JsonMap;
use chrono::{DateTime, NaiveDate, Utc};
use entity::outcome::{RefusalCode, StoreError};
use entity::scope::Scope;
use serde_json::Value as Json;
use uuid::Uuid;

use super::code::Code;
use super::ids;
use super::map::Plain;
use super::marks::Meaning;
use super::plan::{Key, PartOut, Plan, RootField};
use super::planner::{MAX_PAGE, USUAL_PAGE};
use crate::app::App;

/// Rows of each kind that one of these may lead to, for the limit of rows a request asks for.
pub const EXPECTED: usize = 1_000;

/// A field of `Query` that is worked out.
#[derive(Debug)]
pub struct Telling {
    /// Name in the schema.
    pub name: &'static str,
    /// Description in the schema.
    pub about: &'static str,
    /// Its arguments: name, type and description.
    pub arguments: &'static [(&'static str, &'static str, &'static str)],
    /// What it tells, or each item of the list that it tells.
    pub of: Plain,
    /// Whether it tells a list.
    pub list: bool,
    /// The working out.
    pub tell: Tell,
}

/// What a telling field is asked.
#[derive(Clone)]
pub struct Asked {
    /// The program.
    pub app: App,
    /// On whose behalf.
    pub scope: Scope,
    /// The moment of the request.
    pub now: DateTime<Utc>,
    arguments: JsonMap,
    /// The keys of what is selected.
    wanted: Vec<&'static str>,
}

/// The working out of a field.
pub type Tell = fn(Asked) -> Pin<Box<dyn Future<Output = Result<Json, StoreError>> + Send>>;

/// What was worked out, or what a client hears of why not.
pub type Answer = Result<Json, Problem>;

/// Why something was not worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of error it is.
    pub code: Code,
    /// A sentence for the person who asked.
    pub message: String,
    /// The argument that is to be mended, if it is one; told in `extensions.argument`.
    pub argument: Option<&'static str>,
}

impl Asked {
    /// The row that an argument names, whether or not there is one.
    ///
    /// # Errors
    /// A refusal of what is no id, or one of another type.
    pub fn row(&self, name: &'static str, of: &str) -> Result<Uuid, StoreError> {
        let id = self.text(name).and_then(|text| ids::parse(of, text));
        id.ok_or_else(|| {
            let message = format!("\"{name}\" {}", ids::is_none_of(of));
            StoreError::refused(entity::outcome::RefusalCode::Invalid, Some(name), message)
        })
    }

    /// As [`Asked::row`], of an argument that may be left out.
    ///
    /// # Errors
    /// A refusal of what is no id, or one of another type.
    pub fn row_if_given(&self, name: &'static str, of: &str) -> Result<Option<Uuid>, StoreError> {
        self.text(name).map(|_| self.row(name, of)).transpose()
    }

    /// The text of an argument.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.arguments.get(name)?.as_str()
    }

    /// Whether what is under this key of the answer is selected.
    #[must_use]
    pub fn wants(&self, key: &str) -> bool {
        self.wanted.contains(&key)
    }

    /// Yes or no, if an argument says so.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.arguments.get(name)?.as_bool()
    }

    /// How many items a page has at most by `first` or `last`, as in every list, and whether they are
    /// counted from the end.
    ///
    /// # Errors
    /// A refusal of both at once, or of a number out of bounds.
    pub fn page_size(&self) -> Result<(usize, bool), StoreError> {
        let first = self.size("first")?;
        let last = self.size("last")?;
        if first.is_some() && last.is_some() {
            let message = "give \"first\" or \"last\", not both";
            return Err(StoreError::refused(RefusalCode::Invalid, Some("last"), message));
        }
        Ok((first.or(last).unwrap_or(USUAL_PAGE), last.is_some()))
    }

    fn size(&self, name: &'static str) -> Result<Option<usize>, StoreError> {
        let Some(given) = self.arguments.get(name).filter(|given| !given.is_null()) else {
            return Ok(None);
        };
        let size = given.as_u64().and_then(|given| usize::try_from(given).ok());
        size.filter(|size| (1..=MAX_PAGE).contains(size)).map(Some).ok_or_else(|| {
            let message = format!("\"{name}\" is from 1 to {MAX_PAGE}, not {given}");
            StoreError::refused(RefusalCode::Invalid, Some(name), message)
        })
    }

    /// The day that an argument gives.
    ///
    /// # Errors
    /// A refusal of what is none.
    pub fn day(&self, name: &'static str) -> Result<NaiveDate, StoreError> {
        let day = self.text(name).and_then(|text| text.parse().ok());
        day.ok_or_else(|| {
            let message = format!("\"{name}\" is a day like 2026-10-05");
            StoreError::refused(RefusalCode::Invalid, Some(name), message)
        })
    }
}

/// Works out every telling field of a plan, in its order.
pub async fn tell_all(app: &App, meaning: &Meaning<'_>, plan: &Plan) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (_, field) in plan {
        let RootField::Told(told) = field else { continue };
        let mut arguments = told.arguments.clone();
        for (name, _, _) in told.of.arguments.iter().filter(|(_, ty, _)| ty.starts_with("ID")) {
            let Some(value) = arguments.get_mut(*name) else { continue };
            if let Some((of, id)) = value.as_str().and_then(ids::parse_global) {
                *value = ids::global(&of, meaning.id(id)).into();
            }
        }
        let scope = meaning.scope.clone();
        let wanted = told.parts.iter().filter_map(|(_, part)| PartOut::key(part)).collect();
        let asked = Asked { app: app.clone(), scope, now: meaning.now, arguments, wanted };
        let answer = (told.of.tell)(asked).await;
        answers.push(answer.map_err(|error| heard(&error, told.of.arguments)));
    }
    answers
}

/// What a client hears of what was not worked out. Refusals name the fields of inputs, `hubId`, whose
/// arguments are called `hub`.
fn heard(error: &StoreError, arguments: &[(&'static str, &str, &str)]) -> Problem {
    match error {
        StoreError::Refused(refusal) => {
            let code = match refusal.code {
                RefusalCode::Forbidden => Code::Forbidden,
                RefusalCode::NotFound
                | RefusalCode::Invalid
                | RefusalCode::Conflict
                | RefusalCode::Stale => Code::BadUserInput,
            };
            let named = refusal.field.map(|field| field.strip_suffix("Id").unwrap_or(field));
            let argument = arguments.iter().find(|(name, ..)| Some(*name) == named);
            let argument = argument.map(|(name, ..)| *name);
            Problem { code, message: refusal.message.clone(), argument }
        }
        fault => {
            tracing::error!(error = %fault, "something could not be worked out");
            let message = "this could not be worked out; the fault is ours and has been logged";
            Problem { code: Code::Internal, message: message.to_owned(), argument: None }
        }
    }
}

/// The ids under a key, anywhere in what was worked out, each once.
pub(super) fn ids_in(value: &Json, key: Key) -> Vec<Uuid> {
    let Key::Told(key) = key else {
        return Vec::new();
    };
    let mut found = BTreeSet::new();
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            Json::Array(items) => left.extend(items),
            Json::Object(fields) => {
                let id = fields.get(key).and_then(Json::as_str);
                found.extend(id.and_then(|text| text.parse::<Uuid>().ok()));
                left.extend(fields.values());
            }
            _ => {}
        }
    }
    found.into_iter().collect()
}
