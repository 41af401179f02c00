//! People on their way to a sign-in service and back.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};

use super::sign_in_attempt;

/// Notes that somebody leaves for a sign-in service, and forgets those who did not come back.
///
/// # Errors
/// A state that is there already, or another database fault.
pub async fn begin(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    attempt: sign_in_attempt::Model,
) -> Result<(), DbErr> {
    sign_in_attempt::Entity::delete_many()
        .filter(sign_in_attempt::Column::ExpiresAt.lte(now))
        .exec(txn)
        .await?;
    sign_in_attempt::Entity::insert(attempt.into_active_model())
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

/// The attempt with this state at this service, if it may still come back. It is gone afterwards:
/// of two that come back with the same state, one finds it.
///
/// # Errors
/// A database fault.
pub async fn take(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    issuer_key: &str,
    state_hash: &str,
) -> Result<Option<sign_in_attempt::Model>, DbErr> {
    let found = sign_in_attempt::Entity::find()
        .filter(sign_in_attempt::Column::StateHash.eq(state_hash))
        .filter(sign_in_attempt::Column::IssuerKey.eq(issuer_key))
        .filter(sign_in_attempt::Column::ExpiresAt.gt(now))
        .one(txn)
        .await?;
    let Some(found) = found else { return Ok(None) };
    let taken = sign_in_attempt::Entity::delete_by_id(found.id).exec(txn).await?;
    Ok((taken.rows_affected == 1).then_some(found))
}
