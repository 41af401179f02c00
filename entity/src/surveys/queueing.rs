//! Queuing a campaign's letters: to whom at each school, and when.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rules::calendar::end_of_day;
use rules::messages::suppression::normalised;
use rules::messages::{About, MessageKind};
use rules::programme::Policy;
use rules::reminders::next_send_time;
use rules::surveys::RespondentGroup;
use rules::surveys::letters::{Known, SchoolLetters, letters};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, IntoActiveModel,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::inviting::{BATCH, Invited};
use super::{personal_invitation, survey_campaign, survey_invitation};
use crate::enrolments::enrolment;
use crate::id::new_id;
use crate::messages::letters::{LetterWish, queue_all};
use crate::messages::suppressions;
use crate::outcome::{StoreError, word};
use crate::people::{contact, person};
use crate::programme::calendars::Calendars;
use crate::programme::policy;

/// What letters of one campaign need to know.
pub(super) struct Letters<'a> {
    now: DateTime<Utc>,
    campaign: &'a survey_campaign::Model,
    policy: Policy,
    pub(super) calendars: Calendars,
    /// The contacts of each setting.
    contacts: HashMap<Uuid, Vec<Known>>,
    /// Why no mail goes to some of them.
    pub(super) kept_back: HashMap<Uuid, String>,
    /// Minute of the day at which a person wants mail, if they chose one.
    minutes: HashMap<Uuid, u32>,
    /// Who is invited, as far as it was noted.
    invited: Invited,
    /// Links and letters to be written.
    links: Vec<personal_invitation::Model>,
    wishes: Vec<LetterWish>,
}

impl<'a> Letters<'a> {
    pub(super) async fn load(
        txn: &DatabaseTransaction,
        now: DateTime<Utc>,
        campaign: &'a survey_campaign::Model,
    ) -> Result<Self, StoreError> {
        let rows = contact::Entity::find()
            .filter(at_partners(campaign.programme_id))
            .order_by_asc(contact::Column::Id)
            .all(txn)
            .await?;
        let kept_back = kept_back(txn, campaign.programme_id).await?;
        let mut contacts: HashMap<Uuid, Vec<Known>> = HashMap::new();
        for row in rows {
            let role = word("contact", row.id, &row.role)?;
            let reached = !kept_back.contains_key(&row.person_id);
            let known = Known { person: row.person_id, role, reached };
            contacts.entry(row.setting_id).or_default().push(known);
        }
        let chosen: Vec<(Uuid, Option<i32>)> = person::Entity::find()
            .select_only()
            .columns([person::Column::Id, person::Column::DigestMinute])
            .filter(person::Column::DigestMinute.is_not_null())
            .into_tuple()
            .all(txn)
            .await?;
        let minutes =
            chosen.into_iter().filter_map(|(id, minute)| Some((id, u32::try_from(minute?).ok()?)));
        Ok(Self {
            now,
            campaign,
            policy: policy(txn, campaign.programme_id).await?,
            calendars: Calendars::load(txn).await?,
            contacts,
            kept_back,
            minutes: minutes.collect(),
            invited: Invited::default(),
            links: Vec::new(),
            wishes: Vec::new(),
        })
    }

    /// Everybody at a setting, each once.
    pub(super) fn people(&self, setting: Uuid) -> BTreeSet<Uuid> {
        self.contacts.get(&setting).into_iter().flatten().map(|one| one.person).collect()
    }

    /// Who is written to at a setting that is asked anew.
    pub(super) fn of_school(
        &self,
        setting: Uuid,
        asks: &[(RespondentGroup, bool)],
    ) -> SchoolLetters {
        let contacts = self.contacts.get(&setting).map_or(&[][..], Vec::as_slice);
        letters(asks, contacts, &self.policy.recipients)
    }

    /// When a letter goes to somebody for a setting: their next time, unless the campaign is over by
    /// then.
    pub(super) fn goes_at(&self, setting: Uuid, person: Uuid) -> Option<DateTime<Utc>> {
        let calendar = self.calendars.of_setting(setting);
        let minute = self.minutes.get(&person).copied();
        let at = next_send_time(&self.policy, &calendar, minute, self.now);
        (at < end_of_day(self.campaign.closes_on)).then_some(at)
    }

    /// Notes the personal invitations and letters of one newly invited school, to be written with
    /// those of all others.
    pub(super) fn invite(
        &mut self,
        setting: Uuid,
        asks: &[(RespondentGroup, bool)],
        invitations: &[&survey_invitation::Model],
    ) {
        let of_school = self.of_school(setting, asks);
        self.invited.unreached += usize::from(of_school.warning().is_some());
        for (group, people) in &of_school.links {
            let name: &str = group.into();
            let of_group = invitations.iter().find(|row| row.respondent_group == name);
            let Some(invitation) = of_group else { continue };
            for person in people {
                let id = new_id(self.now);
                self.links.push(personal_invitation::Model {
                    id,
                    campaign_id: self.campaign.id,
                    invitation_id: invitation.id,
                    person_id: *person,
                    answered_on: None,
                    created_at: self.now,
                });
                let kind = (MessageKind::SurveyLink, About::PersonalInvitation);
                self.wish(kind, id, setting, *person, format!("survey-link:{id}"));
            }
        }
        let Some(first) = invitations.iter().map(|invitation| invitation.id).min() else { return };
        for person in of_school.letter {
            let kind = (MessageKind::SurveyInvitation, About::SurveyInvitation);
            let key = format!("survey-invitation:{first}:{person}");
            self.wish(kind, first, setting, person, key);
        }
    }

    /// Notes the reminders of the contacts of a school, one for each step and person.
    pub(super) fn remind(&mut self, enrolment: &enrolment::Model, about: Uuid, step: u32) {
        let setting = enrolment.partner_setting_id;
        let contacts = self.contacts.get(&setting).into_iter().flatten();
        let readers = contacts.filter(|one| self.policy.recipients.contains(&one.role));
        for person in readers.map(|one| one.person).collect::<BTreeSet<_>>() {
            let kind = (MessageKind::SurveyReminder, About::SurveyInvitation);
            // With the close in it: who was reminded of an earlier one is reminded of a later one too.
            let (campaign, close) = (self.campaign.id, self.campaign.closes_on);
            let enrolment = enrolment.id;
            let key = format!("survey-reminder:{campaign}:{enrolment}:{close}:{step}:{person}");
            self.wish(kind, about, setting, person, key);
        }
    }

    /// A letter for the reader's next time, unless the campaign is over by then.
    fn wish(
        &mut self,
        (kind, about): (MessageKind, About),
        about_id: Uuid,
        setting: Uuid,
        person_id: Uuid,
        dedupe_key: String,
    ) {
        let Some(send_after) = self.goes_at(setting, person_id) else { return };
        let expires_at = end_of_day(self.campaign.closes_on);
        let wish =
            LetterWish { kind, person_id, about, about_id, dedupe_key, send_after, expires_at };
        self.wishes.push(wish);
    }

    /// Writes down what was noted, in a few statements for hundreds of people: whoever launches holds
    /// what others wait for. Says who was invited.
    pub(super) async fn write(self, txn: &DatabaseTransaction) -> Result<Invited, StoreError> {
        let contacts = self.links.len();
        let mut links = self.links.into_iter().map(IntoActiveModel::into_active_model).peekable();
        while links.peek().is_some() {
            personal_invitation::Entity::insert_many(links.by_ref().take(BATCH))
                .exec_without_returning(txn)
                .await?;
        }
        let letters = queue_all(txn, self.now, self.wishes).await?;
        Ok(Invited { contacts, letters, ..self.invited })
    }
}

/// Contacts, while they are in their role, of a programme's partners.
fn at_partners(programme_id: Uuid) -> Condition {
    let partners = Query::select()
        .column(enrolment::Column::PartnerSettingId)
        .from(enrolment::Entity)
        .and_where(enrolment::Column::ProgrammeId.eq(programme_id))
        .to_owned();
    Condition::all()
        .add(contact::Column::EndedAt.is_null())
        .add(contact::Column::SettingId.in_subquery(partners))
}

/// The people at a programme's partners whose addresses take no mail at all, and why.
async fn kept_back(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
) -> Result<HashMap<Uuid, String>, StoreError> {
    let people = Query::select()
        .column(contact::Column::PersonId)
        .from(contact::Entity)
        .cond_where(at_partners(programme_id))
        .to_owned();
    let people =
        person::Entity::find().filter(person::Column::Id.in_subquery(people)).all(txn).await?;
    let listed =
        suppressions::of_addresses(txn, people.iter().map(|row| row.email.as_str())).await?;
    let of = |row: person::Model| {
        let reason = listed.get(&normalised(&row.email)).filter(|reason| reason.withholds_all())?;
        Some((row.id, reason.kept_back()))
    };
    Ok(people.into_iter().filter_map(of).collect())
}
