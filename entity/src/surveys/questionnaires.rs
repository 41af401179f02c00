//! Questionnaires as versions of data.

use chrono::{DateTime, Utc};
use rules::surveys::{Page, QuestionnaireSetUp, RespondentGroup};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use uuid::Uuid;

use super::questionnaire;
use crate::id::new_id;
use crate::outcome::StoreError;
use crate::write::{Written, put};

/// The newest version of a questionnaire.
///
/// # Errors
/// A database fault.
pub async fn newest(
    db: &impl ConnectionTrait,
    key: &str,
) -> Result<Option<questionnaire::Model>, StoreError> {
    Ok(questionnaire::Entity::find()
        .filter(questionnaire::Column::Key.eq(key))
        .order_by_desc(questionnaire::Column::Version)
        .one(db)
        .await?)
}

/// Loads a questionnaire that is free of faults. One that differs from the newest version becomes
/// the next one; campaigns keep the version they were made with.
///
/// # Errors
/// A database fault.
pub async fn load(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    set_up: &QuestionnaireSetUp,
) -> Result<(questionnaire::Model, Written), StoreError> {
    let newest = newest(txn, &set_up.key).await?;
    let id = new_id(now);
    let made = questionnaire::Model {
        id,
        key: set_up.key.clone(),
        version: newest.as_ref().map_or(1, |newest| newest.version + 1),
        title: set_up.title.trim().to_owned(),
        introduction: set_up.introduction.trim().to_owned(),
        groups: json(id, &set_up.groups)?,
        pages: json(id, &set_up.pages)?,
        created_at: now,
    };
    if let Some(newest) = newest {
        let same = questionnaire::Model {
            id: newest.id,
            version: newest.version,
            created_at: newest.created_at,
            ..made.clone()
        };
        if same == newest {
            return Ok((newest, Written::Unchanged));
        }
        put(txn, None, made.clone()).await?;
        return Ok((made, Written::Changed));
    }
    put(txn, None, made.clone()).await?;
    Ok((made, Written::Added))
}

/// The pages of a stored questionnaire.
///
/// # Errors
/// It is of a shape this version cannot read.
pub fn pages(row: &questionnaire::Model) -> Result<Vec<Page>, StoreError> {
    serde_json::from_value(row.pages.clone()).map_err(|error| unreadable(row.id, &error))
}

/// The groups a stored questionnaire may be put to.
///
/// # Errors
/// It names a group this version does not know.
pub fn groups(row: &questionnaire::Model) -> Result<Vec<RespondentGroup>, StoreError> {
    serde_json::from_value(row.groups.clone()).map_err(|error| unreadable(row.id, &error))
}

fn json(id: Uuid, value: &impl serde::Serialize) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(value).map_err(|error| unreadable(id, &error))
}

fn unreadable(id: Uuid, error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable { table: "questionnaire", id, problem: error.to_string() }
}
