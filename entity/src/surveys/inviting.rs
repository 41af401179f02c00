//! Inviting schools to a campaign: codes for their groups, links for known contacts, and letters.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::AddAssign;

use chrono::{DateTime, Utc};
use rules::surveys::{RespondentGroup, code};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::campaigns::{group, groups_of};
use super::queueing::Letters;
use super::{campaign_group, survey_campaign, survey_code, survey_invitation};
use crate::enrolments::enrolment;
use crate::events::event_attendance;
use crate::id::new_id;
use crate::outcome::StoreError;

/// Rows in one statement: well below SQLite's limit of bound values.
pub(super) const BATCH: usize = 500;

/// Who was invited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Invited {
    /// Schools that were asked for the first time, or for another group.
    pub schools: usize,
    /// Contacts who got a link of their own.
    pub contacts: usize,
    /// Letters put into the outbox.
    pub letters: usize,
    /// Schools at which nobody is told how some group, or any, can answer.
    pub unreached: usize,
}

impl AddAssign for Invited {
    fn add_assign(&mut self, other: Self) {
        self.schools += other.schools;
        self.contacts += other.contacts;
        self.letters += other.letters;
        self.unreached += other.unreached;
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
    let asks = asks(&groups)?;
    let mut letters = Letters::load(txn, now, campaign).await?;
    let mut by_school: BTreeMap<Uuid, Vec<&survey_invitation::Model>> = BTreeMap::new();
    for invitation in &made {
        by_school.entry(invitation.enrolment_id).or_default().push(invitation);
    }
    for enrolment in asked {
        if let Some(invitations) = by_school.get(&enrolment.id) {
            letters.invite(enrolment.partner_setting_id, &asks, invitations);
        }
    }
    Ok(Invited { schools: by_school.len(), ..letters.write(txn).await? })
}

/// The groups of a campaign, each with whether it is asked by links of its own.
pub(super) fn asks(
    groups: &[campaign_group::Model],
) -> Result<Vec<(RespondentGroup, bool)>, StoreError> {
    groups.iter().map(|of| Ok((group(of)?, of.by_personal_link))).collect()
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
