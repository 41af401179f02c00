//! What the areas' mutations share: one transaction each, refusals as data, nothing half done,
//! nothing twice under one key, and an entry in the audit for each.

mod payload;
pub(crate) mod reach;
mod scalars;

use std::fmt::Display;
use std::pin::Pin;

use async_graphql::{Context, ID, ServerError};
use chrono::{DateTime, Utc};
use entity::audit::{self, Deed, once};
use entity::outcome::{RefusalCode, StoreError};
use entity::scope::Scope;
use sea_orm::sea_query::Expr;
use sea_orm::{
    Condition, DatabaseTransaction, EntityTrait, ExprTrait as _, FromQueryResult, ModelTrait,
    QueryFilter as _,
};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use tracing::Instrument as _;
use uuid::Uuid;

pub(crate) use payload::payloads;
pub use payload::{Outcome, UserError};
pub use scalars::{Date, Moment};

use crate::app::App;
use crate::audit::changes;
use crate::read::code::Code;
use crate::read::ids;
use crate::read::registry::Mapped;

/// Why a mutation was neither done nor refused in its payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undone {
    /// A value of its input cannot be read; how so, for the client.
    #[error("{0}")]
    Unreadable(String),
    /// A fault of ours, which was logged.
    #[error("this could not be done; the fault is ours and has been logged")]
    Fault,
}

impl Undone {
    /// What an error of the library is. Ours carry what they are; what it says by itself is about a
    /// value that the scalars of the input do not take.
    #[must_use]
    pub fn of(error: &ServerError) -> Self {
        let known = error.source::<Self>().cloned();
        known.unwrap_or_else(|| Self::Unreadable(error.message.clone()))
    }

    /// A fault of ours, logged here.
    pub fn fault(error: &dyn Display) -> Self {
        tracing::error!(%error, "a mutation failed");
        Self::Fault
    }
}

impl From<&Undone> for Code {
    fn from(undone: &Undone) -> Self {
        match undone {
            Undone::Unreadable(_) => Self::BadUserInput,
            Undone::Fault => Self::Internal,
        }
    }
}

/// A mutation's answer: a payload, or a fault of ours. Nullable, so that one failed mutation does
/// not take the others' answers with it.
pub type Answered<T> = async_graphql::Result<Option<T>>;

/// Something under way in a mutation's transaction.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// What every mutation works with.
#[derive(Clone)]
pub struct Acting {
    /// The program.
    pub app: App,
    /// On whose behalf.
    pub scope: Scope,
    /// The moment of the request.
    pub now: DateTime<Utc>,
    /// Name of the mutation.
    pub action: String,
    /// Its input, as JSON.
    pub input: Json,
}

impl Acting {
    /// The one of this request.
    ///
    /// # Errors
    /// A fault of ours.
    pub fn of<'a>(context: &Context<'a>) -> async_graphql::Result<&'a Self> {
        context.data().map_err(|error| fault(&error.message))
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
        let beginning = self.app.db.write_facts().instrument(tracing::debug_span!("begin"));
        beginning.await.map_err(|error| fault(&error))
    }

    /// Does the work and writes down what it changed of the row that it answers with, unless the
    /// caller's key says that it was done before. `work` begins only when it is awaited here. Both are
    /// kept on the heap: nested in the library's futures they would fill a thread's stack.
    ///
    /// # Errors
    /// What the work is refused for, a key that was used for something else, or a fault.
    pub fn carry_out<'a, M>(
        &'a self,
        txn: &'a DatabaseTransaction,
        work: impl Future<Output = Result<M, StoreError>> + Send + 'a,
    ) -> Doing<'a, Uuid>
    where
        M: ModelTrait + FromQueryResult + Sync + 'static,
        M::Entity: EntityTrait<Model = M> + Mapped,
    {
        let work: Doing<'a, M> = Box::pin(work.instrument(tracing::debug_span!("work")));
        let doing = async move {
            let key = self.key();
            if let Some(key) = &key
                && let Some(id) = once::done(txn, self.now, key).await?
            {
                return Ok(id);
            }
            let before = self.named::<M::Entity>(txn).await?;
            let id = changes::id(&work.await?)?;
            self.note::<M::Entity>(txn, &before, id).await?;
            if let Some(key) = key {
                once::keep(txn, self.now, key, id).await?;
            }
            Ok(id)
        };
        Box::pin(doing.instrument(tracing::debug_span!("carry_out")))
    }

    /// Writes down what became of a row.
    async fn note<E: EntityTrait + Mapped>(
        &self,
        txn: &DatabaseTransaction,
        before: &[E::Model],
        id: Uuid,
    ) -> Result<(), StoreError>
    where
        E::Model: Sync,
    {
        let after = find::<E>(txn, Condition::all().add(column::<E>("id").eq(id))).await?;
        let before = before.iter().find(|row| changes::id(*row).is_ok_and(|old| old == id));
        let deed = Deed {
            action: &self.action,
            node: Some((E::NAME, id)),
            changes: changes::between(before, after.first()),
            detail: "",
        };
        Ok(audit::record(txn, self.by(), self.now, deed).await?)
    }

    /// Commits what was done and says that something changed, or undoes it and tells why.
    ///
    /// # Errors
    /// A fault of ours.
    pub async fn answer<P: From<Outcome>>(
        &self,
        txn: DatabaseTransaction,
        outcome: Result<Uuid, StoreError>,
    ) -> Answered<P> {
        let outcome = match outcome {
            Ok(id) => {
                let committing = txn.commit().instrument(tracing::debug_span!("commit"));
                committing.await.map_err(|error| fault(&error))?;
                self.app.signal.changed().await;
                Ok(id)
            }
            Err(StoreError::Refused(refusal)) => {
                txn.rollback().await.map_err(|error| fault(&error))?;
                Err(UserError::all(refusal))
            }
            Err(error) => return Err(fault(&error)),
        };
        Ok(Some(outcome.into()))
    }

    /// The key that the client gave, if it gave one, with a hash of everything else it asks.
    fn key(&self) -> Option<once::Key<'_>> {
        let key = self.input.get("idempotencyKey")?.as_str()?;
        let mut asked = self.input.clone();
        if let Some(fields) = asked.as_object_mut() {
            fields.remove("idempotencyKey");
        }
        asked.sort_all_objects();
        let input_hash = format!("{:x}", Sha256::digest(format!("{} {asked}", self.action)));
        Some(once::Key { person_id: self.by()?, key, input_hash })
    }

    /// The rows that the input names and the caller may see, of the type that the mutation answers
    /// with, as they are beforehand.
    async fn named<E: EntityTrait + Mapped>(
        &self,
        txn: &DatabaseTransaction,
    ) -> Result<Vec<E::Model>, StoreError> {
        let given = |of: Option<&str>, value: &Json| {
            let (name, id) = ids::parse_global(value.as_str()?)?;
            of.is_none_or(|of| of == name).then_some(id)
        };
        let fields = self.input.as_object();
        let ids = fields.into_iter().flatten().filter_map(|(_, value)| given(Some(E::NAME), value));
        let ids: Vec<Uuid> = ids.collect();
        let mut which = Condition::all();
        if !ids.is_empty() {
            which = which.add(column::<E>("id").is_in(ids));
        } else if !E::KEYS.is_empty() {
            for (field, key) in E::KEYS {
                let Some(id) = self.input.get(*field).and_then(|value| given(None, value)) else {
                    return Ok(Vec::new());
                };
                which = which.add(column::<E>(key).eq(id));
            }
        } else {
            return Ok(Vec::new());
        }
        // Through the scope, so that a row out of sight is not even looked at.
        if let Some(of) = crate::schema::map().named(E::NAME) {
            which = which.add((of.scope)(&self.scope));
        }
        find::<E>(txn, which).await
    }
}

fn column<E: EntityTrait>(name: &'static str) -> Expr {
    Expr::col((E::default().table_name(), name))
}

async fn find<E: EntityTrait>(
    txn: &DatabaseTransaction,
    which: Condition,
) -> Result<Vec<E::Model>, StoreError> {
    Ok(E::find().filter(which).all(txn).await?)
}

/// A fault of ours as an error of the library, logged.
pub fn fault(error: &dyn Display) -> async_graphql::Error {
    async_graphql::Error::new_with_source(Undone::fault(error))
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
