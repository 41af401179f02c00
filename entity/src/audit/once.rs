//! Doing once what a client asks twice: each person's keys, kept for a day.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
};
use uuid::Uuid;

use super::idempotency_key as row;
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError};

/// How long a key is remembered.
pub const REMEMBERED: TimeDelta = TimeDelta::hours(24);
/// Longest key, in characters.
const LONGEST: usize = 64;

/// A key of the client's, and what it asks for under it.
#[derive(Clone, Debug)]
pub struct Key<'a> {
    /// Whose key.
    pub person_id: Uuid,
    /// The key.
    pub key: &'a str,
    /// Hash of what is asked.
    pub input_hash: String,
}

/// The row that was answered under this key within the last day, if it was used.
///
/// # Errors
/// A refusal, where it is no key or was used for something else; or a database fault.
pub async fn done(
    txn: &impl ConnectionTrait,
    now: DateTime<Utc>,
    key: &Key<'_>,
) -> Result<Option<Uuid>, StoreError> {
    let refused = |code, message| StoreError::refused(code, Some("idempotencyKey"), message);
    let length = key.key.len();
    if !(1..=LONGEST).contains(&length) || !key.key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message = "A key has 1 to 64 letters, digits and signs, such as a random UUID.";
        return Err(refused(RefusalCode::Invalid, message));
    }
    // Whoever uses keys clears away the old ones.
    row::Entity::delete_many().filter(row::Column::MadeAt.lte(now - REMEMBERED)).exec(txn).await?;
    let found = row::Entity::find()
        .filter(row::Column::PersonId.eq(key.person_id))
        .filter(row::Column::Key.eq(key.key))
        .one(txn)
        .await?;
    match found {
        Some(found) if found.input_hash != key.input_hash => {
            let message = "This key was used for something else. Make a new one for each thing \
                           that you do.";
            Err(refused(RefusalCode::Conflict, message))
        }
        found => Ok(found.map(|found| found.node_id)),
    }
}

/// Remembers what was answered under a key.
///
/// # Errors
/// A database fault; also if another transaction has just used the key.
pub async fn keep(
    txn: &impl ConnectionTrait,
    now: DateTime<Utc>,
    key: Key<'_>,
    node_id: Uuid,
) -> Result<(), StoreError> {
    let row = row::Model {
        id: new_id(now),
        person_id: key.person_id,
        key: key.key.to_owned(),
        input_hash: key.input_hash,
        node_id,
        made_at: now,
    };
    row::Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
    Ok(())
}
