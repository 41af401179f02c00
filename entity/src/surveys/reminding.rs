//! Reminding schools from which too few answers have come.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rules::calendar::local;
use rules::surveys::CampaignState;
use rules::surveys::campaign::reminder_due;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::campaigns::remind_days;
use super::queueing::Letters;
use super::{survey_campaign, survey_invitation};
use crate::enrolments::enrolment;
use crate::outcome::StoreError;

/// Queues the reminders of a programme's open campaigns that are due today and returns how many.
/// The schools are chosen, and their invitations held, in the transaction that queues the letters,
/// so that an answer that comes in meanwhile waits; and each letter is looked at again when it is
/// sent (see [`super::wanted`]).
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn remind(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
) -> Result<usize, StoreError> {
    let today = local(now).date();
    let open = survey_campaign::Entity::find()
        .filter(survey_campaign::Column::ProgrammeId.eq(programme_id))
        .filter(survey_campaign::Column::State.eq(<&str>::from(CampaignState::Open)))
        .filter(survey_campaign::Column::ClosesOn.gte(today))
        .order_by_asc(survey_campaign::Column::Id)
        .lock_exclusive()
        .all(txn)
        .await?;
    let mut queued = 0;
    for campaign in open {
        queued += remind_of(txn, now, &campaign).await?;
    }
    Ok(queued)
}

async fn remind_of(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    campaign: &survey_campaign::Model,
) -> Result<usize, StoreError> {
    let days = remind_days(campaign)?;
    let today = local(now).date();
    let short = survey_invitation::Entity::find()
        .filter(survey_invitation::Column::CampaignId.eq(campaign.id))
        .filter(survey_invitation::Column::EnoughOn.is_null())
        .order_by_asc(survey_invitation::Column::Id)
        .lock_exclusive()
        .all(txn)
        .await?;
    let mut schools: BTreeMap<Uuid, survey_invitation::Model> = BTreeMap::new();
    for row in short {
        schools.entry(row.enrolment_id).or_insert(row);
    }
    if days.is_empty() || schools.is_empty() {
        return Ok(0);
    }
    let enrolments = enrolment::Entity::find()
        .filter(enrolment::Column::ProgrammeId.eq(campaign.programme_id))
        .filter(enrolment::Column::Status.eq("active"))
        .order_by_asc(enrolment::Column::Id)
        .all(txn)
        .await?;
    let mut letters = Letters::load(txn, now, campaign).await?;
    for enrolment in enrolments {
        let Some(invitation) = schools.get(&enrolment.id) else { continue };
        let calendar = letters.calendars.of_setting(enrolment.partner_setting_id);
        let invited_on = local(invitation.created_at).date();
        if let Some(step) = reminder_due(&days, campaign.closes_on, invited_on, today, &calendar) {
            letters.remind(&enrolment, invitation.id, step);
        }
    }
    Ok(letters.write(txn).await?.letters)
}
