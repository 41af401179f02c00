//! Closing campaigns, and clearing away what was begun and never sent.

use chrono::{DateTime, Days, Utc};
use rules::calendar::local;
use rules::surveys::CampaignState;
use rules::surveys::campaign::{Step, check_step};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::campaigns::{held, save, state};
use super::{survey_campaign, survey_draft};
use crate::engagement::assess_programme;
use crate::enrolments::{check_version, refused};
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// Answers begun and not gone on with for so many days are deleted.
const DRAFTS_KEPT: Days = Days::new(14);

/// Takes no more answers, and deletes those that were begun and not sent.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn close(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
) -> Result<survey_campaign::Model, StoreError> {
    let mut row = held(txn, scope, id).await?;
    check_version(row.version, expected_version)?;
    check_step(state(&row)?, Step::Close)
        .or_else(|problem| refused(RefusalCode::Conflict, "campaignId", problem))?;
    row.closes_on = row.closes_on.min(local(now).date());
    <&str>::from(CampaignState::Closed).clone_into(&mut row.state);
    row.closed_at = Some(now);
    let row = save(txn, now, row).await?;
    survey_draft::Entity::delete_many()
        .filter(survey_draft::Column::CampaignId.eq(id))
        .exec(txn)
        .await?;
    super::sending::seal_responses(txn, id).await?;
    assess_programme(txn, now, row.programme_id).await?;
    Ok(row)
}

/// Closes the campaigns of a programme whose last day has passed and returns how many.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn close_due(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
) -> Result<usize, StoreError> {
    let over: Vec<Uuid> = survey_campaign::Entity::find()
        .select_only()
        .column(survey_campaign::Column::Id)
        .filter(survey_campaign::Column::ProgrammeId.eq(programme_id))
        .filter(survey_campaign::Column::State.eq(<&str>::from(CampaignState::Open)))
        .filter(survey_campaign::Column::ClosesOn.lt(local(now).date()))
        .order_by_asc(survey_campaign::Column::Id)
        .into_tuple()
        .all(txn)
        .await?;
    let mut closed = 0;
    for id in over {
        match close(txn, &Scope::System, now, id, None).await {
            Ok(_) => closed += 1,
            // Somebody closed it since it was listed.
            Err(StoreError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(closed)
}

/// Deletes answers that were begun long ago, or whose campaign takes no more, and returns how many.
///
/// # Errors
/// A database fault.
pub async fn delete_old_drafts(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let oldest = local(now).date() - DRAFTS_KEPT;
    let over = Query::select()
        .column(survey_campaign::Column::Id)
        .from(survey_campaign::Entity)
        .and_where(survey_campaign::Column::State.ne(<&str>::from(CampaignState::Open)))
        .to_owned();
    let old = Condition::any()
        .add(survey_draft::Column::ChangedOn.lt(oldest))
        .add(survey_draft::Column::CampaignId.in_subquery(over));
    Ok(survey_draft::Entity::delete_many().filter(old).exec(txn).await?.rows_affected)
}
