//! Secrets that every process on one database shares without configuration.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
};

use super::instance_secret;
use crate::id::new_id;
use crate::outcome::StoreError;

/// What signs the links in mails.
pub const LINKS: &str = "links";

/// The secret called `name`: the one already stored, or `candidate` (fresh and random, made by the
/// caller), which is then stored. Of several processes that ask at once, all get the same answer.
///
/// # Errors
/// The database fails.
pub async fn shared(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    name: &str,
    candidate: String,
) -> Result<String, StoreError> {
    let row = instance_secret::ActiveModel {
        id: Set(new_id(now)),
        name: Set(name.to_owned()),
        value: Set(candidate.clone()),
        created_at: Set(now),
    };
    instance_secret::Entity::insert(row)
        .on_conflict_do_nothing_on([instance_secret::Column::Name])
        .exec_without_returning(txn)
        .await?;
    Ok(stored(txn, name).await?.unwrap_or(candidate))
}

/// The secret called `name`, if any process has made it.
///
/// # Errors
/// The database fails.
pub async fn stored(db: &impl ConnectionTrait, name: &str) -> Result<Option<String>, StoreError> {
    let row = instance_secret::Entity::find()
        .filter(instance_secret::Column::Name.eq(name))
        .one(db)
        .await?;
    Ok(row.map(|row| row.value))
}
