//! Bearer tokens. Only their hashes reach the database.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
};
use uuid::Uuid;

use super::access_token;
use crate::id::new_id;
use crate::outcome::StoreError;

/// Keeps a new token of a person, by the SHA-256 of its text in hexadecimal.
///
/// # Errors
/// A hash that is there already, or another database fault.
pub async fn issue(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    person_id: Uuid,
    token_hash: &str,
    label: &str,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row = access_token::Model {
        id: new_id(now),
        person_id,
        token_hash: token_hash.to_owned(),
        label: label.to_owned(),
        created_at: now,
        expires_at,
        revoked_at: None,
    };
    access_token::Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
    Ok(())
}

/// Takes back every token with this label, and says how many.
///
/// # Errors
/// A database fault.
pub async fn revoke_labelled(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    label: &str,
) -> Result<u64, StoreError> {
    let revoked = access_token::Entity::update_many()
        .col_expr(access_token::Column::RevokedAt, Some(now).into())
        .filter(access_token::Column::Label.eq(label))
        .filter(access_token::Column::RevokedAt.is_null())
        .exec(txn)
        .await?;
    Ok(revoked.rows_affected)
}
