//! The record of who did what, when: written in the transaction of the deed. And what was done under
//! a client's key, so that it is not done again.

pub mod audit_entry;
pub mod idempotency_key;
pub mod once;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _};
use uuid::Uuid;

use crate::id::new_id;

/// What was done to what.
#[derive(Clone, Debug, Default)]
pub struct Deed<'a> {
    /// The name of a mutation, a step of signing in, what a page behind a link does, or a command.
    pub action: &'a str,
    /// GraphQL type and row of what it was done to.
    pub node: Option<(&'a str, Uuid)>,
    /// What it changed of that row.
    pub changes: Vec<Change>,
    /// A sentence more, without names or addresses of people.
    pub detail: &'a str,
}

/// One field of a row that a deed changed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Change {
    /// Its name in the graph.
    pub field: String,
    /// Its value before, as the graph writes it; none if it was empty, or there was no row.
    pub before: Option<String>,
    /// Its value after.
    pub after: Option<String>,
    /// Whether the values are left out, because they name people, are secret, or are lists.
    pub withheld: bool,
}

impl Change {
    /// A field that was empty, or of a row that was not there.
    #[must_use]
    pub fn came(field: &str, after: &impl ToString) -> Self {
        let (field, after) = (field.to_owned(), Some(after.to_string()));
        Self { field, before: None, after, withheld: false }
    }

    /// A field that is empty now, or of a row that is gone.
    #[must_use]
    pub fn went(field: &str, before: &impl ToString) -> Self {
        let (field, before) = (field.to_owned(), Some(before.to_string()));
        Self { field, before, after: None, withheld: false }
    }
}

/// Writes down that a command of the command line was carried out, in its transaction: one entry
/// for all that it did, with what it came to in counts.
///
/// # Errors
/// A database fault.
pub async fn record_command(
    txn: &impl ConnectionTrait,
    now: DateTime<Utc>,
    command: &str,
    node: Option<(&str, Uuid)>,
    came_to: &str,
) -> Result<(), DbErr> {
    let deed = Deed { action: command, node, detail: came_to, ..Deed::default() };
    record(txn, None, now, deed).await
}

/// Writes down that `by` did something at `now`.
///
/// # Errors
/// A database fault.
pub async fn record(
    txn: &impl ConnectionTrait,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    deed: Deed<'_>,
) -> Result<(), DbErr> {
    let changes = serde_json::to_value(&deed.changes)
        .map_err(|error| DbErr::Type(format!("what was changed is no JSON: {error}")))?;
    let row = audit_entry::Model {
        id: new_id(now),
        happened_at: now,
        by_person: by,
        action: deed.action.to_owned(),
        node_type: deed.node.map(|(of, _)| of.to_owned()),
        node_id: deed.node.map(|(_, id)| id),
        changes,
        detail: deed.detail.to_owned(),
    };
    audit_entry::Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
    Ok(())
}
