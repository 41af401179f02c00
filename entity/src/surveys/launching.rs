//! Opening campaigns: by hand, or by the worker when their day comes.

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::local;
use rules::messages::bulletin::Audience;
use rules::surveys::CampaignState;
use rules::surveys::campaign::{Step, check_step};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::campaigns::{groups_of, held, save, state};
use super::inviting::{Invited, invite};
use super::preview::audience;
use super::survey_campaign;
use crate::engagement::assess_programme;
use crate::enrolments::{check_version, refused};
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// Opens a campaign: invites every school asked, with a code for each group and links for known
/// contacts, and queues the letters. One launched before its day opens today: its
/// `opens_on` becomes today.
///
/// # Errors
/// A refusal, or a database fault; either way nothing is written once the caller rolls back.
pub async fn launch(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
) -> Result<(survey_campaign::Model, Invited), StoreError> {
    let mut row = held(txn, scope, id).await?;
    check_version(row.version, expected_version)?;
    let today = local(now).date();
    if let Some(problem) = obstacle(txn, &row, today).await? {
        return refused(RefusalCode::Conflict, "campaignId", problem);
    }
    row.opens_on = row.opens_on.min(today);
    <&str>::from(CampaignState::Open).clone_into(&mut row.state);
    row.launched_at = Some(now);
    let row = save(txn, now, row).await?;
    let invited = invite(txn, now, &row).await?;
    assess_programme(txn, now, row.programme_id).await?;
    Ok((row, invited))
}

/// Why a campaign cannot be opened on a day, in a sentence.
pub(super) async fn obstacle(
    txn: &DatabaseTransaction,
    row: &survey_campaign::Model,
    today: NaiveDate,
) -> Result<Option<&'static str>, StoreError> {
    if let Err(problem) = check_step(state(row)?, Step::Launch) {
        return Ok(Some(problem));
    }
    if row.closes_on < today {
        return Ok(Some("Its last day has passed: give it a later one first."));
    }
    let asks_nobody = groups_of(txn, row.id).await?.is_empty();
    Ok(asks_nobody.then_some("It asks no group yet."))
}

/// Opens a campaign as [`launch`] does, if `shown` takes whom that writes to now: what a preview showed.
///
/// # Errors
/// A refusal, of `shown` too, or a database fault; nothing is written once the caller rolls back.
pub async fn launch_as_shown(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    shown: impl FnOnce(&survey_campaign::Model, &Audience) -> Result<(), StoreError>,
) -> Result<(survey_campaign::Model, Invited), StoreError> {
    let row = held(txn, scope, id).await?;
    check_version(row.version, expected_version)?;
    // That it was launched already says more than that the preview's token no longer fits.
    if let Some(problem) = obstacle(txn, &row, local(now).date()).await? {
        return refused(RefusalCode::Conflict, "campaignId", problem);
    }
    shown(&row, &audience(txn, now, &row).await?)?;
    launch(txn, scope, now, id, expected_version).await
}

/// Launches the campaigns of a programme that launch themselves and whose day has come, and invites
/// to open ones whoever joined since. Returns how many were launched, and who was invited.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn launch_due(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
) -> Result<(usize, Invited), StoreError> {
    let today = local(now).date();
    let due: Vec<Uuid> = survey_campaign::Entity::find()
        .select_only()
        .column(survey_campaign::Column::Id)
        .filter(survey_campaign::Column::ProgrammeId.eq(programme_id))
        .filter(survey_campaign::Column::State.eq(<&str>::from(CampaignState::Draft)))
        .filter(survey_campaign::Column::LaunchesItself.eq(true))
        .filter(survey_campaign::Column::OpensOn.lte(today))
        .filter(survey_campaign::Column::ClosesOn.gte(today))
        .order_by_asc(survey_campaign::Column::Id)
        .into_tuple()
        .all(txn)
        .await?;
    let (mut launched, mut all) = (0, Invited::default());
    for id in due {
        match launch(txn, &Scope::System, now, id, None).await {
            Ok((_, invited)) => {
                launched += 1;
                all += invited;
            }
            // Somebody launched or changed it since it was listed.
            Err(StoreError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let open = survey_campaign::Entity::find()
        .filter(survey_campaign::Column::ProgrammeId.eq(programme_id))
        .filter(survey_campaign::Column::State.eq(<&str>::from(CampaignState::Open)))
        .filter(survey_campaign::Column::ClosesOn.gte(today))
        .order_by_asc(survey_campaign::Column::Id)
        // Two workers that invite at once would make two codes for one group.
        .lock_exclusive()
        .all(txn)
        .await?;
    for row in open {
        all += invite(txn, now, &row).await?;
    }
    Ok((launched, all))
}
