//! What the areas' mutations share: one transaction each, refusals as data, nothing half done.

use async_graphql::{
    Context, ID, InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value,
};
use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, SubsecRound as _, Utc};
use entity::outcome::{Refusal, RefusalCode, StoreError};
use entity::scope::Scope;
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use crate::app::App;
use crate::read::ids;
use crate::read::map::Vocabulary;
use crate::read::registry::Shown;

/// What a client hears of a fault of ours.
pub const FAULT: &str = "this could not be done; the fault is ours and has been logged";

/// A mutation's answer: a payload, or a fault of ours. Nullable, so that one failed mutation does
/// not take the others' answers with it.
pub type Answered<T> = async_graphql::Result<Option<T>>;

impl Vocabulary for RefusalCode {
    const NAME: &'static str = "UserErrorCode";
    const ABOUT: &'static str = "Kinds of refusal.";
}

/// Why nothing was done, for the person who asked.
#[derive(Debug, SimpleObject)]
pub struct UserError {
    /// What kind of refusal it is.
    code: Shown<RefusalCode>,
    /// The input field it is about, if one.
    field: Option<&'static str>,
    /// A sentence to show.
    message: String,
}

/// A day, in the words of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Date(pub NaiveDate);

#[Scalar(name = "Date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        // What no programme reaches could not be reckoned with.
        let day = text.parse().ok().filter(|day: &NaiveDate| (1900..2200).contains(&day.year()));
        day.map(Self).ok_or_else(|| {
            InputValueError::custom(format!("a date is written like 2026-10-05, not \"{text}\""))
        })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A moment, in the words of the schema: UTC, cut to microseconds as the database keeps it.
#[derive(Clone, Copy, Debug)]
pub struct Moment(pub DateTime<Utc>);

#[Scalar(name = "DateTime")]
impl ScalarType for Moment {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|moment| moment.to_utc())
            // What no programme reaches could not be reckoned with.
            .filter(|moment| (1900..2200).contains(&moment.year()))
            .map(|moment| Self(moment.trunc_subsecs(6)))
            .ok_or_else(|| {
                InputValueError::custom(format!(
                    "a moment is written like 2026-10-05T07:00:00Z, not \"{text}\""
                ))
            })
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// What every mutation works with.
#[derive(Clone)]
pub struct Acting {
    /// The program.
    pub app: App,
    /// On whose behalf.
    pub scope: Scope,
    /// The moment of the request.
    pub now: DateTime<Utc>,
}

impl Acting {
    /// The one of this request.
    ///
    /// # Errors
    /// A fault of ours.
    pub fn of<'a>(context: &Context<'a>) -> async_graphql::Result<&'a Self> {
        context.data()
    }

    /// The person who acts.
    #[must_use]
    pub fn by(&self) -> Option<Uuid> {
        match &self.scope {
            Scope::Viewer(viewer) => Some(viewer.person_id),
            Scope::System => None,
        }
    }

    /// Begins the mutation's transaction.
    ///
    /// # Errors
    /// A fault of ours.
    pub async fn begin(&self) -> async_graphql::Result<DatabaseTransaction> {
        self.app.db.write_facts().await.map_err(|error| fault(&error.into()))
    }

    /// Commits what was done and says that something changed, or undoes it and tells why.
    ///
    /// # Errors
    /// A fault of ours.
    pub async fn end<T>(
        &self,
        txn: DatabaseTransaction,
        outcome: Result<T, StoreError>,
    ) -> async_graphql::Result<Result<T, UserError>> {
        match outcome {
            Ok(done) => {
                txn.commit().await.map_err(|error| fault(&error.into()))?;
                self.app.signal.changed().await;
                Ok(Ok(done))
            }
            Err(StoreError::Refused(Refusal { code, field, message })) => {
                txn.rollback().await.map_err(|error| fault(&error.into()))?;
                Ok(Err(UserError { code: Shown(code), field, message }))
            }
            Err(error) => Err(fault(&error)),
        }
    }
}

fn fault(error: &StoreError) -> async_graphql::Error {
    tracing::error!(%error, "a mutation failed");
    async_graphql::Error::new(FAULT)
}

/// What was done and why not, as the two halves of a payload.
pub fn split<T>(outcome: Result<T, UserError>) -> (Option<T>, Vec<UserError>) {
    match outcome {
        Ok(done) => (Some(done), Vec::new()),
        Err(refused) => (None, vec![refused]),
    }
}

/// The row a global id of the input names.
///
/// # Errors
/// A refusal in the words that a row out of sight gets.
pub fn row(of: &str, field: &'static str, id: &ID) -> Result<Uuid, StoreError> {
    ids::parse(of, id).ok_or_else(|| {
        StoreError::refused(
            RefusalCode::NotFound,
            Some(field),
            format!("There is no such {}.", words(of)),
        )
    })
}

/// A type's name in plain English: `LocalAuthority` is a "local authority".
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}
