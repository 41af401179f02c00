//! Settings: a school or a trust becomes one when it first takes part in a programme.

use chrono::{DateTime, Utc};
use rules::people::SettingKind;
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};
use uuid::Uuid;

use super::setting;
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError};
use crate::schools::{school, trust};
use crate::scope::Scope;

/// A setting that the caller may see: whether any other takes part is not told.
///
/// # Errors
/// No such setting in sight, or a database fault.
pub async fn in_sight(
    txn: &DatabaseTransaction,
    scope: &Scope,
    id: Uuid,
) -> Result<setting::Model, StoreError> {
    let found = setting::Entity::find_by_id(id).filter(Condition::all().add(scope.settings()));
    let found = found.one(txn).await?;
    found.ok_or_else(|| missing("partnerSettingId", "There is no such setting."))
}

/// The setting of a school, made when it has none yet.
///
/// # Errors
/// No such school, or a database fault.
pub async fn ensure_for_school(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    school_id: Uuid,
) -> Result<setting::Model, StoreError> {
    let is_its_own = setting::Column::SchoolId.eq(school_id);
    if let Some(found) = setting::Entity::find().filter(is_its_own).one(txn).await? {
        return Ok(found);
    }
    let school = school::Entity::find_by_id(school_id).one(txn).await?;
    let school = school.ok_or_else(|| missing("schoolId", "There is no such school."))?;
    let made = setting::Model {
        id: new_id(now),
        kind: <&str>::from(SettingKind::School).to_owned(),
        name: school.name,
        school_id: Some(school_id),
        trust_id: None,
        created_at: now,
    };
    add(txn, made).await
}

/// The setting of a trust, made when it has none yet.
///
/// # Errors
/// No such trust, or a database fault.
pub async fn ensure_for_trust(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    trust_id: Uuid,
) -> Result<setting::Model, StoreError> {
    let is_its_own = setting::Column::TrustId.eq(trust_id);
    if let Some(found) = setting::Entity::find().filter(is_its_own).one(txn).await? {
        return Ok(found);
    }
    let trust = trust::Entity::find_by_id(trust_id).one(txn).await?;
    let trust = trust.ok_or_else(|| missing("trustId", "There is no such trust."))?;
    let made = setting::Model {
        id: new_id(now),
        kind: <&str>::from(SettingKind::Trust).to_owned(),
        name: trust.name,
        school_id: None,
        trust_id: Some(trust_id),
        created_at: now,
    };
    add(txn, made).await
}

fn missing(field: &'static str, message: &str) -> StoreError {
    StoreError::refused(RefusalCode::NotFound, Some(field), message)
}

async fn add(
    txn: &DatabaseTransaction,
    made: setting::Model,
) -> Result<setting::Model, StoreError> {
    setting::Entity::insert(made.clone().into_active_model()).exec_without_returning(txn).await?;
    Ok(made)
}
