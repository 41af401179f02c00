//! The rows around some letters about surveys.

use std::collections::{BTreeSet, HashMap, HashSet};

use rules::messages::MessageKind;
use rules::messages::suppression::normalised;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::Asking;
use crate::enrolments::enrolment;
use crate::hubs::hub;
use crate::messages::suppressions::of_addresses;
use crate::outcome::StoreError;
use crate::people::{contact, person, setting};
use crate::programme::{event, programme};
use crate::surveys::needed::needed_of_all;
use crate::surveys::{personal_invitation, survey_campaign, survey_code, survey_invitation};

/// People in one statement: well below SQLite's limit of bound values.
const BATCH: usize = 500;

/// Everything around some letters.
pub(super) struct Around {
    personal: HashMap<Uuid, personal_invitation::Model>,
    invitations: HashMap<Uuid, survey_invitation::Model>,
    campaigns: HashMap<Uuid, survey_campaign::Model>,
    enrolments: HashMap<Uuid, enrolment::Model>,
    /// Whoever is at a setting: the setting and the person.
    contacts: HashSet<(Uuid, Uuid)>,
    /// The invitations of a campaign and an enrolment.
    of_school: HashMap<(Uuid, Uuid), Vec<survey_invitation::Model>>,
    /// Codes in force, by invitation.
    pub(super) codes: HashMap<Uuid, String>,
    /// Invitations with a link that reaches somebody: a contact of the school still, whose address
    /// takes mail.
    pub(super) linked: HashSet<Uuid>,
    /// How many answers are enough, by invitation.
    pub(super) needed: HashMap<Uuid, i32>,
    /// Names by id.
    pub(super) programmes: HashMap<Uuid, String>,
    pub(super) settings: HashMap<Uuid, String>,
    /// Titles by id.
    pub(super) events: HashMap<Uuid, String>,
    pub(super) hubs: HashMap<Uuid, hub::Model>,
}

/// What one letter hangs on.
pub(in crate::surveys) struct Place<'a> {
    /// The reader's own.
    pub personal: Option<&'a personal_invitation::Model>,
    /// The campaign.
    pub campaign: &'a survey_campaign::Model,
    /// The enrolment of the school.
    pub enrolment: &'a enrolment::Model,
    /// The groups it speaks of.
    pub asked: &'a [survey_invitation::Model],
    /// Whether the reader is a contact of the school still.
    pub is_contact: bool,
}

/// Rows of an entity by a column that is among these ids.
macro_rules! find {
    ($db:expr, $entity:ident, $column:ident, $ids:expr) => {
        $entity::Entity::find().filter($entity::Column::$column.is_in($ids)).all($db).await?
    };
}

impl Around {
    pub(super) async fn load(
        db: &impl ConnectionTrait,
        letters: &[Asking],
    ) -> Result<Self, StoreError> {
        let (own, schools): (Vec<&Asking>, Vec<&Asking>) =
            letters.iter().partition(|one| one.kind == MessageKind::SurveyLink);
        let personal = find!(db, personal_invitation, Id, own.iter().map(|one| one.about));
        let about = personal.iter().map(|row| row.invitation_id);
        let about: BTreeSet<Uuid> = about.chain(schools.iter().map(|one| one.about)).collect();
        let invitations = find!(db, survey_invitation, Id, about);
        let campaigns: BTreeSet<Uuid> = invitations.iter().map(|row| row.campaign_id).collect();
        let campaigns = find!(db, survey_campaign, Id, campaigns);
        let enrolments: BTreeSet<Uuid> = invitations.iter().map(|row| row.enrolment_id).collect();
        let enrolments = find!(db, enrolment, Id, enrolments);
        let settings: BTreeSet<Uuid> =
            enrolments.iter().map(|row| row.partner_setting_id).collect();
        let contacts: Vec<(Uuid, Uuid)> = contact::Entity::find()
            .select_only()
            .columns([contact::Column::SettingId, contact::Column::PersonId])
            .filter(contact::Column::SettingId.is_in(settings.iter().copied()))
            .filter(contact::Column::EndedAt.is_null())
            .into_tuple()
            .all(db)
            .await?;
        let contacts: HashSet<(Uuid, Uuid)> = contacts.into_iter().collect();
        let of_schools = survey_invitation::Entity::find()
            .filter(survey_invitation::Column::CampaignId.is_in(campaigns.iter().map(|row| row.id)))
            .filter(
                survey_invitation::Column::EnrolmentId.is_in(enrolments.iter().map(|row| row.id)),
            )
            .all(db)
            .await?;
        let setting_of: HashMap<Uuid, Uuid> = of_schools
            .iter()
            .filter_map(|row| {
                let enrolment = enrolments.iter().find(|one| one.id == row.enrolment_id)?;
                Some((row.id, enrolment.partner_setting_id))
            })
            .collect();
        let events = campaigns.iter().filter_map(|row| row.event_id);
        let programmes: BTreeSet<Uuid> = campaigns.iter().map(|row| row.programme_id).collect();
        let hubs: BTreeSet<Uuid> = enrolments.iter().map(|row| row.hub_id).collect();
        let mut around = Self {
            codes: codes(db, &of_schools).await?,
            linked: linked(db, &setting_of, &contacts).await?,
            needed: needed_of_all(db, &campaigns, &of_schools).await?,
            programmes: find!(db, programme, Id, programmes)
                .into_iter()
                .map(|row| (row.id, row.name))
                .collect(),
            settings: find!(db, setting, Id, settings)
                .into_iter()
                .map(|row| (row.id, row.name))
                .collect(),
            events: find!(db, event, Id, events)
                .into_iter()
                .map(|row| (row.id, row.title))
                .collect(),
            hubs: find!(db, hub, Id, hubs).into_iter().map(|row| (row.id, row)).collect(),
            personal: personal.into_iter().map(|row| (row.id, row)).collect(),
            invitations: invitations.into_iter().map(|row| (row.id, row)).collect(),
            campaigns: campaigns.into_iter().map(|row| (row.id, row)).collect(),
            enrolments: enrolments.into_iter().map(|row| (row.id, row)).collect(),
            contacts,
            of_school: HashMap::new(),
        };
        for row in of_schools {
            around.of_school.entry((row.campaign_id, row.enrolment_id)).or_default().push(row);
        }
        Ok(around)
    }

    /// What a letter hangs on, or that it is gone, in a sentence.
    pub(super) fn place(&self, asking: &Asking) -> Result<Place<'_>, &'static str> {
        let personal = match asking.kind {
            MessageKind::SurveyLink => {
                Some(self.personal.get(&asking.about).ok_or("They are no longer invited.")?)
            }
            _ => None,
        };
        let about = personal.map_or(asking.about, |row| row.invitation_id);
        let invitation = self.invitations.get(&about).ok_or("The school is no longer invited.")?;
        let campaign = self.campaigns.get(&invitation.campaign_id);
        let enrolment = self.enrolments.get(&invitation.enrolment_id);
        let (campaign, enrolment) = campaign.zip(enrolment).ok_or("What it was about is gone.")?;
        let of_school = self.of_school.get(&(campaign.id, enrolment.id));
        Ok(Place {
            personal,
            campaign,
            enrolment,
            asked: match personal {
                Some(_) => std::slice::from_ref(invitation),
                None => of_school.map_or(&[][..], Vec::as_slice),
            },
            is_contact: self.contacts.contains(&(enrolment.partner_setting_id, asking.person)),
        })
    }
}

/// The codes in force of some invitations.
async fn codes(
    db: &impl ConnectionTrait,
    invitations: &[survey_invitation::Model],
) -> Result<HashMap<Uuid, String>, StoreError> {
    let codes = survey_code::Entity::find()
        .filter(survey_code::Column::InvitationId.is_in(invitations.iter().map(|row| row.id)))
        .filter(survey_code::Column::RetiredAt.is_null())
        .order_by_asc(survey_code::Column::CreatedAt)
        .order_by_asc(survey_code::Column::Id)
        .all(db)
        .await?;
    Ok(codes.into_iter().map(|row| (row.invitation_id, row.code)).collect())
}

/// Those of some invitations, each with the setting that is asked, with a link that reaches somebody.
async fn linked(
    db: &impl ConnectionTrait,
    invitations: &HashMap<Uuid, Uuid>,
    contacts: &HashSet<(Uuid, Uuid)>,
) -> Result<HashSet<Uuid>, StoreError> {
    let links: Vec<(Uuid, Uuid)> = personal_invitation::Entity::find()
        .select_only()
        .columns([personal_invitation::Column::InvitationId, personal_invitation::Column::PersonId])
        .filter(personal_invitation::Column::InvitationId.is_in(invitations.keys().copied()))
        .into_tuple()
        .all(db)
        .await?;
    let still_there = |(invitation, person): &(Uuid, Uuid)| {
        let setting = invitations.get(invitation);
        setting.is_some_and(|setting| contacts.contains(&(*setting, *person)))
    };
    let links: Vec<(Uuid, Uuid)> = links.into_iter().filter(still_there).collect();
    let whose: BTreeSet<Uuid> = links.iter().map(|(_, person)| *person).collect();
    let whose: Vec<Uuid> = whose.into_iter().collect();
    let mut people = Vec::with_capacity(whose.len());
    for some in whose.chunks(BATCH) {
        people.extend(find!(db, person, Id, some.iter().copied()));
    }
    let listed = of_addresses(db, people.iter().map(|row| row.email.as_str())).await?;
    let takes_mail = |row: &&person::Model| {
        let reason = listed.get(&normalised(&row.email));
        reason.is_none_or(|reason| !reason.withholds_all())
    };
    let reached: HashSet<Uuid> = people.iter().filter(takes_mail).map(|row| row.id).collect();
    let links = links.into_iter().filter(|(_, person)| reached.contains(person));
    Ok(links.map(|(invitation, _)| invitation).collect())
}
