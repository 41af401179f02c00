//! What letters about a survey say: which survey, of which school, and the codes of its groups.

use std::collections::{HashMap, HashSet};

use rules::messages::MessageKind;
use rules::messages::suppression::normalised;
use rules::surveys::RespondentGroup;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::needed::needed;
use super::{personal_invitation, survey_campaign, survey_code, survey_invitation};
use crate::enrolments::enrolment;
use crate::messages::suppressions::of_addresses;
use crate::outcome::{StoreError, word};
use crate::people::{contact, person, setting};
use crate::programme::{event, programme};

/// A survey of one school, as a letter tells of it.
#[derive(Clone, Debug)]
pub struct SurveyLetter {
    /// The campaign.
    pub campaign: survey_campaign::Model,
    /// Name of the programme.
    pub programme: String,
    /// The setting asked.
    pub setting_id: Uuid,
    /// Its name.
    pub setting: String,
    /// Title of the event it asks about, if it asks about one.
    pub event: Option<String>,
    /// The groups of the school; for a link of one's own only its group.
    pub groups: Vec<AskedGroup>,
    /// The reader's own invitation.
    pub personal: Option<Uuid>,
}

/// A group of a school, and how far it has come.
#[derive(Clone, Debug)]
pub struct AskedGroup {
    /// The group.
    pub group: RespondentGroup,
    /// Its code, in capitals without a dash; none where there is none in force.
    pub code: Option<String>,
    /// Whether it answers by links of its own, and one of them at least reaches somebody who is still
    /// at the school; if not, it answers by its code like the others.
    pub has_links: bool,
    /// How many have answered.
    pub responses: i32,
    /// How many are enough.
    pub needed: i32,
    /// Whether there are, or were, enough.
    pub enough: bool,
}

/// What a letter about a survey hangs on.
struct Place {
    invitation: survey_invitation::Model,
    personal: Option<personal_invitation::Model>,
    campaign: survey_campaign::Model,
    enrolment: enrolment::Model,
}

/// The rows a letter is about; none when one of them is gone.
async fn place(
    db: &impl ConnectionTrait,
    kind: MessageKind,
    about: Uuid,
) -> Result<Option<Place>, StoreError> {
    let personal = match kind {
        MessageKind::SurveyLink => {
            let found = personal_invitation::Entity::find_by_id(about).one(db).await?;
            let Some(found) = found else { return Ok(None) };
            Some(found)
        }
        _ => None,
    };
    let invitation = personal.as_ref().map_or(about, |row| row.invitation_id);
    let Some(invitation) = survey_invitation::Entity::find_by_id(invitation).one(db).await? else {
        return Ok(None);
    };
    let campaign = survey_campaign::Entity::find_by_id(invitation.campaign_id).one(db).await?;
    let enrolment = enrolment::Entity::find_by_id(invitation.enrolment_id).one(db).await?;
    Ok(campaign.zip(enrolment).map(|(campaign, enrolment)| Place {
        invitation,
        personal,
        campaign,
        enrolment,
    }))
}

/// Reads what a letter of this kind says; nothing when what it is about is gone. `about` is the
/// invitation it is about, or the personal one.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn load(
    db: &impl ConnectionTrait,
    kind: MessageKind,
    about: Uuid,
) -> Result<Option<SurveyLetter>, StoreError> {
    let Some(Place { invitation, personal, campaign, enrolment }) = place(db, kind, about).await?
    else {
        return Ok(None);
    };
    let asked = if personal.is_some() {
        vec![invitation]
    } else {
        survey_invitation::Entity::find()
            .filter(survey_invitation::Column::CampaignId.eq(campaign.id))
            .filter(survey_invitation::Column::EnrolmentId.eq(enrolment.id))
            .all(db)
            .await?
    };
    let groups = groups(db, &campaign, enrolment.partner_setting_id, asked).await?;
    let programme = programme::Entity::find_by_id(campaign.programme_id).one(db).await?;
    let setting = setting::Entity::find_by_id(enrolment.partner_setting_id).one(db).await?;
    let event = match campaign.event_id {
        Some(id) => event::Entity::find_by_id(id).one(db).await?,
        None => None,
    };
    Ok(Some(SurveyLetter {
        programme: programme.map(|row| row.name).unwrap_or_default(),
        setting_id: enrolment.partner_setting_id,
        setting: setting.map(|row| row.name).unwrap_or_default(),
        event: event.map(|row| row.title),
        groups,
        personal: personal.map(|row| row.id),
        campaign,
    }))
}

/// These invitations of one campaign with their codes, in the order of the groups.
async fn groups(
    db: &impl ConnectionTrait,
    campaign: &survey_campaign::Model,
    setting: Uuid,
    invitations: Vec<survey_invitation::Model>,
) -> Result<Vec<AskedGroup>, StoreError> {
    let ids: Vec<Uuid> = invitations.iter().map(|row| row.id).collect();
    let linked = linked(db, setting, &ids).await?;
    let codes = survey_code::Entity::find()
        .filter(survey_code::Column::InvitationId.is_in(ids))
        .filter(survey_code::Column::RetiredAt.is_null())
        .order_by_asc(survey_code::Column::CreatedAt)
        .order_by_asc(survey_code::Column::Id)
        .all(db)
        .await?;
    let codes: HashMap<Uuid, String> =
        codes.into_iter().map(|row| (row.invitation_id, row.code)).collect();
    let needed = needed(db, campaign, &invitations).await?;
    let mut groups = Vec::with_capacity(invitations.len());
    for row in invitations {
        groups.push(AskedGroup {
            group: word("survey_invitation", row.id, &row.respondent_group)?,
            code: codes.get(&row.id).cloned(),
            has_links: linked.contains(&row.id),
            responses: row.responses,
            needed: needed.get(&row.id).copied().unwrap_or(campaign.enough_responses),
            enough: row.enough_on.is_some(),
        });
    }
    groups.sort_by_key(|asked| asked.group);
    Ok(groups)
}

/// Those of some invitations of a school with a link that reaches somebody: a contact of the school
/// still, whose address takes mail.
async fn linked(
    db: &impl ConnectionTrait,
    setting: Uuid,
    invitations: &[Uuid],
) -> Result<HashSet<Uuid>, StoreError> {
    let there = Query::select()
        .column(contact::Column::PersonId)
        .from(contact::Entity)
        .and_where(contact::Column::SettingId.eq(setting))
        .and_where(contact::Column::EndedAt.is_null())
        .to_owned();
    let links = personal_invitation::Entity::find()
        .filter(personal_invitation::Column::InvitationId.is_in(invitations.iter().copied()))
        .filter(personal_invitation::Column::PersonId.in_subquery(there))
        .all(db)
        .await?;
    let whose = links.iter().map(|link| link.person_id);
    let people = person::Entity::find().filter(person::Column::Id.is_in(whose)).all(db).await?;
    let listed = of_addresses(db, people.iter().map(|row| row.email.as_str())).await?;
    let reached: HashSet<Uuid> = people
        .iter()
        .filter(|row| {
            let reason = listed.get(&normalised(&row.email));
            reason.is_none_or(|reason| !reason.withholds_all())
        })
        .map(|row| row.id)
        .collect();
    let links = links.iter().filter(|link| reached.contains(&link.person_id));
    Ok(links.map(|link| link.invitation_id).collect())
}
