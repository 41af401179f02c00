//! What partners assess themselves by, as versions of a programme's data.

use chrono::{DateTime, Utc};
use rules::plans::Theme;
use rules::programme::SelfAssessmentSetUp;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::self_assessment_framework::{self as framework, Column, Entity};
use crate::id::new_id;
use crate::outcome::StoreError;
use crate::write::Written;

/// Records a programme's framework: as a new version, if it differs from the latest. Self-assessments
/// that were begun by an earlier one keep it.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn put_framework(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
    wish: &SelfAssessmentSetUp,
) -> Result<(framework::Model, Written), StoreError> {
    let old = latest(txn, programme_id).await?;
    if let Some(old) = &old
        && old.title == wish.title
        && themes(old)? == wish.themes
    {
        return Ok((old.clone(), Written::Unchanged));
    }
    let id = new_id(now);
    let themes = serde_json::to_value(&wish.themes).map_err(|error| unreadable(id, &error))?;
    let row = framework::Model {
        id,
        programme_id,
        version: old.as_ref().map_or(1, |old| old.version + 1),
        title: wish.title.clone(),
        themes,
        created_at: now,
    };
    Entity::insert(row.clone().into_active_model()).exec_without_returning(txn).await?;
    let written = if old.is_some() { Written::Changed } else { Written::Added };
    Ok((row, written))
}

/// The framework by which a self-assessment of the programme begins now.
pub(super) async fn latest(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
) -> Result<Option<framework::Model>, StoreError> {
    let row = Entity::find()
        .filter(Column::ProgrammeId.eq(programme_id))
        .order_by_desc(Column::Version)
        .one(txn)
        .await?;
    Ok(row)
}

/// The themes of a framework.
///
/// # Errors
/// They cannot be read by this version.
pub fn themes(row: &framework::Model) -> Result<Vec<Theme>, StoreError> {
    serde_json::from_value(row.themes.clone()).map_err(|error| unreadable(row.id, &error))
}

fn unreadable(id: Uuid, error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable { table: "self_assessment_framework", id, problem: error.to_string() }
}
