//! Freezing the results of a campaign.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use rules::surveys::campaign::{Step, check_step};
use rules::surveys::tally::{self, Count, Published, SchoolCount};
use rules::surveys::{CampaignState, Page, Question};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use serde_json::Value;
use uuid::Uuid;

use super::campaigns::{groups_of, held, save, state};
use super::{
    campaign_group, questionnaire, questionnaires, survey_campaign, survey_invitation,
    survey_response, survey_result,
};
use crate::enrolments::{check_version, enrolment, refused};
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// Answers read in one statement.
const AT_ONCE: u64 = 2_000;
/// Rows in one statement: well below SQLite's limit of bound values.
const BATCH: usize = 500;

/// Counts the answers of a closed campaign, leaves out what must not be told, and freezes the rest.
/// Once only: results that could be counted again could be compared with the earlier ones.
///
/// # Errors
/// A refusal, a row this version cannot read, or a database fault.
pub async fn publish(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
) -> Result<survey_campaign::Model, StoreError> {
    let mut row = held(txn, scope, id).await?;
    check_version(row.version, expected_version)?;
    check_step(state(&row)?, Step::Publish)
        .or_else(|problem| refused(RefusalCode::Conflict, "campaignId", problem))?;
    let groups = groups_of(txn, id).await?;
    let mut pages: HashMap<String, Vec<Page>> = HashMap::new();
    for group in &groups {
        let asked = questionnaire::Entity::find_by_id(group.questionnaire_id).one(txn).await?;
        let asked = asked.map(|asked| questionnaires::pages(&asked)).transpose()?;
        pages.insert(group.respondent_group.clone(), asked.unwrap_or_default());
    }
    let questions: HashMap<&str, Vec<&Question>> = pages
        .iter()
        .map(|(group, pages)| {
            (group.as_str(), pages.iter().flat_map(|page| &page.questions).collect())
        })
        .collect();
    let schools = count(txn, id, &questions).await?;
    let mut rows = Vec::new();
    for group in &groups {
        let name = group.respondent_group.as_str();
        let asked = questions.get(name).map_or(&[][..], Vec::as_slice);
        let of_group = schools.get(name).map_or(&[][..], Vec::as_slice);
        for published in tally::publish(asked, of_group) {
            rows.push(result(now, id, group, &published)?);
        }
    }
    for rows in rows.chunks(BATCH) {
        let rows = rows.iter().cloned().map(IntoActiveModel::into_active_model);
        survey_result::Entity::insert_many(rows).exec_without_returning(txn).await?;
    }
    <&str>::from(CampaignState::Published).clone_into(&mut row.state);
    row.published_at = Some(now);
    save(txn, now, row).await
}

/// The counted answers of every school invited, by group.
async fn count(
    txn: &DatabaseTransaction,
    campaign_id: Uuid,
    questions: &HashMap<&str, Vec<&Question>>,
) -> Result<HashMap<String, Vec<SchoolCount>>, StoreError> {
    let invitations = survey_invitation::Entity::find()
        .filter(survey_invitation::Column::CampaignId.eq(campaign_id))
        .all(txn)
        .await?;
    let groups: HashMap<Uuid, String> =
        invitations.iter().map(|row| (row.id, row.respondent_group.clone())).collect();
    let none = Vec::new();
    let of_group = |group: &str| questions.get(group).unwrap_or(&none);
    let mut counts: HashMap<Uuid, Count> = invitations
        .iter()
        .map(|row| (row.id, Count::of(of_group(&row.respondent_group))))
        .collect();
    let mut after = String::new();
    loop {
        let answers: Vec<(String, Uuid, Value)> = survey_response::Entity::find()
            .select_only()
            .columns([
                survey_response::Column::SubmissionHash,
                survey_response::Column::InvitationId,
                survey_response::Column::Answers,
            ])
            .filter(survey_response::Column::CampaignId.eq(campaign_id))
            .filter(survey_response::Column::SubmissionHash.gt(after))
            .order_by_asc(survey_response::Column::SubmissionHash)
            .limit(AT_ONCE)
            .into_tuple()
            .all(txn)
            .await?;
        for (_, invitation, answers) in &answers {
            if let (Some(count), Some(group)) = (counts.get_mut(invitation), groups.get(invitation))
            {
                count.add(of_group(group), answers);
            }
        }
        match answers.into_iter().next_back() {
            Some((last, ..)) => after = last,
            None => break,
        }
    }
    let hubs: HashMap<Uuid, Uuid> = enrolment::Entity::find()
        .select_only()
        .columns([enrolment::Column::Id, enrolment::Column::HubId])
        .into_tuple::<(Uuid, Uuid)>()
        .all(txn)
        .await?
        .into_iter()
        .collect();
    let mut schools: BTreeMap<(String, Uuid), SchoolCount> = BTreeMap::new();
    for row in invitations {
        let (Some(hub), Some(count)) = (hubs.get(&row.enrolment_id), counts.remove(&row.id)) else {
            continue;
        };
        let school = SchoolCount { hub: *hub, enrolment: row.enrolment_id, count };
        schools.insert((row.respondent_group, row.enrolment_id), school);
    }
    let mut by_group: HashMap<String, Vec<SchoolCount>> = HashMap::new();
    for ((group, _), school) in schools {
        by_group.entry(group).or_default().push(school);
    }
    Ok(by_group)
}

fn result(
    now: DateTime<Utc>,
    campaign_id: Uuid,
    group: &campaign_group::Model,
    published: &Published,
) -> Result<survey_result::Model, StoreError> {
    let id = new_id(now);
    let tallies = serde_json::to_value(&published.tallies).map_err(|error| {
        StoreError::Unreadable { table: "survey_result", id, problem: error.to_string() }
    })?;
    Ok(survey_result::Model {
        id,
        campaign_id,
        level: <&str>::from(published.level).to_owned(),
        hub_id: published.hub,
        enrolment_id: published.enrolment,
        respondent_group: group.respondent_group.clone(),
        responses: published.responses.map(|count| i32::try_from(count).unwrap_or(i32::MAX)),
        tallies,
        published_at: now,
    })
}
