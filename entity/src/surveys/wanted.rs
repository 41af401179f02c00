//! Whether a letter about a survey is still wanted, asked when it is sent.

use chrono::{DateTime, Utc};
use rules::messages::MessageKind;
use rules::surveys::campaign::takes_answers;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
};
use uuid::Uuid;

use super::{campaigns, personal_invitation, survey_campaign, survey_invitation};
use crate::enrolments::enrolment;
use crate::outcome::StoreError;
use crate::people::contact;

/// Why a letter to a person is no longer wanted, in a sentence; nothing, when it is. `about_id` is
/// that of the message: a personal invitation for [`MessageKind::SurveyLink`], an invitation of the
/// school for the others. A kind that is not about surveys is always wanted.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn still_wanted(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    kind: MessageKind,
    about_id: Uuid,
    person_id: Uuid,
) -> Result<Option<&'static str>, StoreError> {
    let invitation_id = match kind {
        MessageKind::SurveyInvitation | MessageKind::SurveyReminder => about_id,
        MessageKind::SurveyLink => {
            let personal = personal_invitation::Entity::find_by_id(about_id).one(db).await?;
            match personal {
                None => return Ok(Some("They are no longer invited.")),
                Some(row) if row.answered_on.is_some() => {
                    return Ok(Some("They have answered."));
                }
                Some(row) => row.invitation_id,
            }
        }
        MessageKind::Digest | MessageKind::SignInLink | MessageKind::Bulletin => return Ok(None),
    };
    let Some(invitation) = survey_invitation::Entity::find_by_id(invitation_id).one(db).await?
    else {
        return Ok(Some("The school is no longer invited."));
    };
    let campaign = survey_campaign::Entity::find_by_id(invitation.campaign_id).one(db).await?;
    let open = match &campaign {
        Some(row) => takes_answers(campaigns::state(row)?, row.closes_on, now),
        None => false,
    };
    if !open {
        return Ok(Some("The survey is closed."));
    }
    let enrolment = enrolment::Entity::find_by_id(invitation.enrolment_id).one(db).await?;
    let Some(enrolment) = enrolment.filter(|row| row.status == "active") else {
        return Ok(Some("The school does not take part at present."));
    };
    let contacts = contact::Entity::find()
        .filter(contact::Column::PersonId.eq(person_id))
        .filter(contact::Column::SettingId.eq(enrolment.partner_setting_id))
        .filter(contact::Column::EndedAt.is_null())
        .count(db)
        .await?;
    if contacts == 0 {
        return Ok(Some("They are no longer a contact of the school."));
    }
    if kind == MessageKind::SurveyReminder {
        let short = survey_invitation::Entity::find()
            .filter(survey_invitation::Column::CampaignId.eq(invitation.campaign_id))
            .filter(survey_invitation::Column::EnrolmentId.eq(invitation.enrolment_id))
            .filter(survey_invitation::Column::EnoughOn.is_null())
            .count(db)
            .await?;
        if short == 0 {
            return Ok(Some("Enough answers have come in."));
        }
    }
    Ok(None)
}
