//! Inviting schools to a campaign: codes for their groups, links for known contacts, and letters.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::AddAssign;

use chrono::{DateTime, Utc};
use rules::calendar::end_of_day;
use rules::messages::{About, MessageKind};
use rules::people::ContactRole;
use rules::programme::Policy;
use rules::reminders::next_send_time;
use rules::surveys::campaign::belongs;
use rules::surveys::code;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::campaigns::{group, groups_of};
use super::{campaign_group, personal_invitation, survey_campaign, survey_code, survey_invitation};
use crate::enrolments::enrolment;
use crate::events::event_attendance;
use crate::id::new_id;
use crate::messages::letters::{LetterWish, queue};
use crate::outcome::{StoreError, word};
use crate::people::{contact, person};
use crate::programme::calendars::Calendars;
use crate::programme::policy;

/// Rows in one statement: well below SQLite's limit of bound values.
const BATCH: usize = 500;

/// Who was invited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Invited {
    /// Schools that were asked for the first time, or for another group.
    pub schools: usize,
    /// Contacts who got a link of their own.
    pub contacts: usize,
    /// Letters put into the outbox.
    pub letters: usize,
}

impl AddAssign for Invited {
    fn add_assign(&mut self, other: Self) {
        self.schools += other.schools;
        self.contacts += other.contacts;
        self.letters += other.letters;
    }
}

/// Invites whoever a campaign asks and has not invited yet. The caller holds the campaign's lock.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub(super) async fn invite(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    campaign: &survey_campaign::Model,
) -> Result<Invited, StoreError> {
    let groups = groups_of(txn, campaign.id).await?;
    let asked = asked(txn, campaign).await?;
    let known: HashSet<(Uuid, String)> = survey_invitation::Entity::find()
        .filter(survey_invitation::Column::CampaignId.eq(campaign.id))
        .all(txn)
        .await?
        .into_iter()
        .map(|row| (row.enrolment_id, row.respondent_group))
        .collect();
    let mut made: Vec<survey_invitation::Model> = Vec::new();
    for enrolment in &asked {
        for group in &groups {
            if !known.contains(&(enrolment.id, group.respondent_group.clone())) {
                made.push(invitation(now, campaign, enrolment.id, group));
            }
        }
    }
    if made.is_empty() {
        return Ok(Invited::default());
    }
    for rows in made.chunks(BATCH) {
        let rows = rows.iter().cloned().map(IntoActiveModel::into_active_model);
        survey_invitation::Entity::insert_many(rows).exec_without_returning(txn).await?;
    }
    let codes = made.iter().map(|invitation| invitation.id).collect::<Vec<_>>();
    add_codes(txn, now, &codes).await?;
    let mut letters = Letters::load(txn, now, campaign).await?;
    let mut by_school: BTreeMap<Uuid, Vec<&survey_invitation::Model>> = BTreeMap::new();
    for invitation in &made {
        by_school.entry(invitation.enrolment_id).or_default().push(invitation);
    }
    for enrolment in asked {
        if let Some(invitations) = by_school.get(&enrolment.id) {
            letters.invite(txn, &enrolment, &groups, invitations).await?;
        }
    }
    Ok(Invited { schools: by_school.len(), ..letters.invited })
}

fn invitation(
    now: DateTime<Utc>,
    campaign: &survey_campaign::Model,
    enrolment_id: Uuid,
    group: &campaign_group::Model,
) -> survey_invitation::Model {
    survey_invitation::Model {
        id: new_id(now),
        campaign_id: campaign.id,
        enrolment_id,
        respondent_group: group.respondent_group.clone(),
        expected: None,
        responses: 0,
        first_on: None,
        enough_on: None,
        told_at: None,
        created_at: now,
        changed_at: now,
        version: 1,
    }
}

/// The enrolments a campaign asks now: those running in its cohort and on its pathway; of an event,
/// those who took part in it.
pub(super) async fn asked(
    txn: &DatabaseTransaction,
    campaign: &survey_campaign::Model,
) -> Result<Vec<enrolment::Model>, StoreError> {
    let mut which = Condition::all()
        .add(enrolment::Column::ProgrammeId.eq(campaign.programme_id))
        .add(enrolment::Column::Status.eq("active"));
    if let Some(cohort) = campaign.cohort_id {
        which = which.add(enrolment::Column::CohortId.eq(cohort));
    }
    if let Some(pathway) = campaign.pathway_id {
        which = which.add(enrolment::Column::PathwayId.eq(pathway));
    }
    if let Some(event) = campaign.event_id {
        let took_part = Query::select()
            .column(event_attendance::Column::EnrolmentId)
            .from(event_attendance::Entity)
            .and_where(event_attendance::Column::EventId.eq(event))
            .and_where(event_attendance::Column::Mode.is_in(["attended", "watched_recording"]))
            .to_owned();
        which = which.add(enrolment::Column::Id.in_subquery(took_part));
    }
    Ok(enrolment::Entity::find().filter(which).order_by_asc(enrolment::Column::Id).all(txn).await?)
}

/// Gives each invitation a code of its own.
pub(super) async fn add_codes(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    invitations: &[Uuid],
) -> Result<(), StoreError> {
    for invitations in invitations.chunks(BATCH) {
        let codes = fresh_codes(txn, invitations.len()).await?;
        let rows = invitations.iter().zip(codes).map(|(invitation_id, code)| {
            survey_code::Model {
                id: new_id(now),
                invitation_id: *invitation_id,
                code,
                created_at: now,
                retired_at: None,
            }
            .into_active_model()
        });
        survey_code::Entity::insert_many(rows).exec_without_returning(txn).await?;
    }
    Ok(())
}

/// So many codes that nobody has, or had.
async fn fresh_codes(
    db: &impl ConnectionTrait,
    wanted: usize,
) -> Result<BTreeSet<String>, StoreError> {
    let mut codes = BTreeSet::new();
    while codes.len() < wanted {
        let random = || code::from_random(Uuid::new_v4().as_u128());
        let more: BTreeSet<String> = (codes.len()..wanted).map(|_| random()).collect();
        let taken: Vec<String> = survey_code::Entity::find()
            .select_only()
            .column(survey_code::Column::Code)
            .filter(survey_code::Column::Code.is_in(&more))
            .into_tuple()
            .all(db)
            .await?;
        codes.extend(more.into_iter().filter(|code| !taken.contains(code)));
    }
    Ok(codes)
}

/// What letters of one campaign need to know.
pub(super) struct Letters<'a> {
    now: DateTime<Utc>,
    campaign: &'a survey_campaign::Model,
    policy: Policy,
    pub(super) calendars: Calendars,
    /// Roles and people of each setting.
    contacts: HashMap<Uuid, Vec<(ContactRole, Uuid)>>,
    /// Minute of the day at which a person wants mail, if they chose one.
    minutes: HashMap<Uuid, u32>,
    invited: Invited,
}

impl<'a> Letters<'a> {
    pub(super) async fn load(
        txn: &DatabaseTransaction,
        now: DateTime<Utc>,
        campaign: &'a survey_campaign::Model,
    ) -> Result<Self, StoreError> {
        let partners = Query::select()
            .column(enrolment::Column::PartnerSettingId)
            .from(enrolment::Entity)
            .and_where(enrolment::Column::ProgrammeId.eq(campaign.programme_id))
            .to_owned();
        let rows = contact::Entity::find()
            .filter(contact::Column::EndedAt.is_null())
            .filter(contact::Column::SettingId.in_subquery(partners))
            .order_by_asc(contact::Column::Id)
            .all(txn)
            .await?;
        let mut contacts: HashMap<Uuid, Vec<(ContactRole, Uuid)>> = HashMap::new();
        for row in rows {
            let role = word("contact", row.id, &row.role)?;
            contacts.entry(row.setting_id).or_default().push((role, row.person_id));
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
            minutes: minutes.collect(),
            invited: Invited::default(),
        })
    }

    /// The people of a setting in roles that `wanted` holds of, each once.
    pub(super) fn people(
        &self,
        setting: Uuid,
        wanted: impl Fn(ContactRole) -> bool,
    ) -> BTreeSet<Uuid> {
        let all = self.contacts.get(&setting).into_iter().flatten();
        all.filter(|(role, _)| wanted(*role)).map(|(_, person)| *person).collect()
    }

    /// Whether the programme writes to people in a role.
    pub(super) fn writes_to(&self, role: ContactRole) -> bool {
        self.policy.recipients.contains(&role)
    }

    /// When a letter goes to somebody for a setting: their next time, unless the campaign is over by
    /// then.
    pub(super) fn goes_at(&self, setting: Uuid, person: Uuid) -> Option<DateTime<Utc>> {
        let calendar = self.calendars.of_setting(setting);
        let minute = self.minutes.get(&person).copied();
        let at = next_send_time(&self.policy, &calendar, minute, self.now);
        (at < end_of_day(self.campaign.closes_on)).then_some(at)
    }

    /// Personal invitations and letters of one newly invited school.
    async fn invite(
        &mut self,
        txn: &DatabaseTransaction,
        enrolment: &enrolment::Model,
        groups: &[campaign_group::Model],
        invitations: &[&survey_invitation::Model],
    ) -> Result<(), StoreError> {
        let setting = enrolment.partner_setting_id;
        let mut linked = BTreeSet::new();
        let mut all_linked = true;
        for invitation in invitations {
            let of = groups.iter().find(|of| of.respondent_group == invitation.respondent_group);
            let Some(of) = of.filter(|of| of.by_personal_link) else {
                all_linked = false;
                continue;
            };
            let who = group(of)?;
            for person in self.people(setting, |role| belongs(who, role)) {
                let id = new_id(self.now);
                let row = personal_invitation::Model {
                    id,
                    campaign_id: self.campaign.id,
                    invitation_id: invitation.id,
                    person_id: person,
                    answered_on: None,
                    created_at: self.now,
                };
                personal_invitation::Entity::insert(row.into_active_model())
                    .exec_without_returning(txn)
                    .await?;
                self.invited.contacts += 1;
                linked.insert(person);
                let kind = (MessageKind::SurveyLink, About::PersonalInvitation);
                self.queue(txn, kind, id, setting, person, format!("survey-link:{id}")).await?;
            }
        }
        // Whoever answers by their own link, where all do, needs no letter with codes besides.
        let Some(first) = invitations.iter().map(|invitation| invitation.id).min() else {
            return Ok(());
        };
        for person in self.people(setting, |role| self.policy.recipients.contains(&role)) {
            if !all_linked || linked.is_empty() {
                let kind = (MessageKind::SurveyInvitation, About::SurveyInvitation);
                let key = format!("survey-invitation:{first}:{person}");
                self.queue(txn, kind, first, setting, person, key).await?;
            }
        }
        Ok(())
    }

    /// Reminds the contacts of a school, once for each step and person; returns how many letters.
    pub(super) async fn remind(
        &mut self,
        txn: &DatabaseTransaction,
        enrolment: &enrolment::Model,
        about: Uuid,
        step: u32,
    ) -> Result<usize, StoreError> {
        let before = self.invited.letters;
        let setting = enrolment.partner_setting_id;
        for person in self.people(setting, |role| self.policy.recipients.contains(&role)) {
            let kind = (MessageKind::SurveyReminder, About::SurveyInvitation);
            // With the close in it: who was reminded of an earlier one is reminded of a later one too.
            let (campaign, close) = (self.campaign.id, self.campaign.closes_on);
            let enrolment = enrolment.id;
            let key = format!("survey-reminder:{campaign}:{enrolment}:{close}:{step}:{person}");
            self.queue(txn, kind, about, setting, person, key).await?;
        }
        Ok(self.invited.letters - before)
    }

    /// Queues a letter for the reader's next time, unless the campaign is over by then.
    async fn queue(
        &mut self,
        txn: &DatabaseTransaction,
        (kind, about): (MessageKind, About),
        about_id: Uuid,
        setting: Uuid,
        person_id: Uuid,
        dedupe_key: String,
    ) -> Result<(), StoreError> {
        let Some(send_after) = self.goes_at(setting, person_id) else {
            return Ok(());
        };
        let expires_at = end_of_day(self.campaign.closes_on);
        let wish =
            LetterWish { kind, person_id, about, about_id, dedupe_key, send_after, expires_at };
        self.invited.letters += usize::from(queue(txn, self.now, wish).await?);
        Ok(())
    }
}
