//! What a school does in a campaign besides answering: it changes its codes, and says how many
//! answers it expects.

use chrono::{DateTime, Utc};
use rules::surveys::CampaignState;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _,
    QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::inviting::add_codes;
use super::{campaigns, survey_campaign, survey_code, survey_invitation};
use crate::engagement::assess_enrolment;
use crate::enrolments::permission::require;
use crate::enrolments::{check_version, enrolment, refused};
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// Most answers a school can expect of one group.
const MOST_EXPECTED: i32 = 100_000;

/// Gives a group of a school another code; the old one stops working at once. For the school
/// itself, and programme admins: its hub, which reads its results, holds no code of it.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn rotate_code(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    invitation_id: Uuid,
) -> Result<survey_code::Model, StoreError> {
    let row = held(txn, scope, invitation_id).await?;
    survey_code::Entity::update_many()
        .set(survey_code::ActiveModel { retired_at: Set(Some(now)), ..Default::default() })
        .filter(survey_code::Column::InvitationId.eq(row.id))
        .filter(survey_code::Column::RetiredAt.is_null())
        .exec(txn)
        .await?;
    add_codes(txn, now, &[row.id]).await?;
    let made = survey_code::Entity::find()
        .filter(survey_code::Column::InvitationId.eq(row.id))
        .filter(survey_code::Column::RetiredAt.is_null())
        .one(txn)
        .await?;
    made.ok_or_else(missing)
}

/// Records how many answers a school expects of a group, or that it no longer says.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn expect(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    invitation_id: Uuid,
    expected_version: Option<i32>,
    expected: Option<i32>,
) -> Result<survey_invitation::Model, StoreError> {
    let row = held(txn, scope, invitation_id).await?;
    check_version(row.version, expected_version)?;
    if expected.is_some_and(|expected| !(1..=MOST_EXPECTED).contains(&expected)) {
        let message = format!("Give a number from 1 to {MOST_EXPECTED}.");
        return refused(RefusalCode::Invalid, "expected", &message);
    }
    let set = survey_invitation::ActiveModel {
        id: Unchanged(row.id),
        expected: Set(expected),
        version: Set(row.version + 1),
        changed_at: Set(now),
        ..Default::default()
    };
    let row = set.update(txn).await?;
    // Whether few have answered depends on how many could.
    assess_enrolment(txn, now, row.enrolment_id).await?;
    Ok(row)
}

fn missing() -> StoreError {
    let message = "There is no such survey invitation.";
    StoreError::refused(RefusalCode::NotFound, Some("invitationId"), message)
}

/// A visible invitation of an open campaign that the caller may act for, locked.
async fn held(
    txn: &DatabaseTransaction,
    scope: &Scope,
    id: Uuid,
) -> Result<survey_invitation::Model, StoreError> {
    let row = survey_invitation::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.survey_invitations()))
        .lock_exclusive()
        .one(txn)
        .await?
        .ok_or_else(missing)?;
    let enrolment = enrolment::Entity::find_by_id(row.enrolment_id).one(txn).await?;
    let enrolment = enrolment.ok_or_else(missing)?;
    let own = match scope {
        Scope::System => true,
        Scope::Viewer(viewer) => {
            viewer.admin || viewer.settings.contains(&enrolment.partner_setting_id)
        }
    };
    require(own, "invitationId", "Only the school itself and programme admins do this.")?;
    let campaign = survey_campaign::Entity::find_by_id(row.campaign_id).one(txn).await?;
    let state = campaign.as_ref().map(campaigns::state).transpose()?;
    if state != Some(CampaignState::Open) {
        return refused(RefusalCode::Conflict, "invitationId", "This survey is closed.");
    }
    Ok(row)
}
