//! The record of who did what, when: written in the transaction of the deed.

pub mod audit_entry;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait as _, IntoActiveModel as _};
use serde_json::Value;
use uuid::Uuid;

use crate::id::new_id;

/// What was done to what.
#[derive(Clone, Debug, Default)]
pub struct Deed<'a> {
    /// The name of a mutation, or a step of signing in.
    pub action: &'a str,
    /// GraphQL type and row of what it was done to.
    pub node: Option<(&'a str, Uuid)>,
    /// The columns that changed, before.
    pub before: Option<Value>,
    /// The same columns after.
    pub after: Option<Value>,
    /// A sentence more, without names or addresses of people.
    pub detail: &'a str,
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
    let row = audit_entry::Model {
        id: new_id(now),
        happened_at: now,
        by_person: by,
        action: deed.action.to_owned(),
        node_type: deed.node.map(|(of, _)| of.to_owned()),
        node_id: deed.node.map(|(_, id)| id),
        before: deed.before,
        after: deed.after,
        detail: deed.detail.to_owned(),
    };
    audit_entry::Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
    Ok(())
}
