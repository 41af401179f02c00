//! Whether a letter about a survey is still wanted, asked once more when it is sent.

use chrono::{DateTime, Utc};
use rules::calendar::local;
use rules::messages::MessageKind;
use rules::surveys::letters::{LetterFacts, unwanted};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _,
};
use uuid::Uuid;

use super::letters::{Place, place};
use super::{campaign_group, survey_invitation};
use crate::engagement::closed_settings;
use crate::messages::word;
use crate::outcome::StoreError;
use crate::people::contact;

/// Why a letter of this kind to this person is not wanted any more; nothing when it is. `about` is
/// the invitation it is about, or the personal one.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn still_wanted(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    kind: MessageKind,
    about: Uuid,
    person_id: Uuid,
) -> Result<Option<&'static str>, StoreError> {
    let Some(Place { personal, campaign, enrolment, .. }) = place(db, kind, about).await? else {
        return Ok(Some("What it was about is gone."));
    };
    let contact = contact::Entity::find()
        .filter(contact::Column::PersonId.eq(person_id))
        .filter(contact::Column::SettingId.eq(enrolment.partner_setting_id))
        .filter(contact::Column::EndedAt.is_null())
        .count(db)
        .await?;
    // Groups whose members have links of their own are asked by those.
    let by_code = campaign_group::Entity::find()
        .filter(campaign_group::Column::CampaignId.eq(campaign.id))
        .filter(campaign_group::Column::ByPersonalLink.eq(false))
        .all(db)
        .await?;
    let by_code = by_code.into_iter().map(|group| group.respondent_group);
    let missing = Condition::all()
        .add(survey_invitation::Column::CampaignId.eq(campaign.id))
        .add(survey_invitation::Column::EnrolmentId.eq(enrolment.id))
        .add(survey_invitation::Column::RespondentGroup.is_in(by_code))
        .add(survey_invitation::Column::EnoughOn.is_null());
    let missing = survey_invitation::Entity::find().filter(missing).count(db).await?;
    let facts = LetterFacts {
        kind,
        campaign: word("survey_campaign", campaign.id, &campaign.state)?,
        closes_on: campaign.closes_on,
        today: local(now).date(),
        enrolment: word("enrolment", enrolment.id, &enrolment.status)?,
        school_closed: closed_settings(db).await?.contains(&enrolment.partner_setting_id),
        contact: contact > 0,
        enough: missing == 0,
        answered: personal.is_some_and(|row| row.answered_on.is_some()),
    };
    Ok(unwanted(&facts))
}
