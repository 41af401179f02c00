//! Campaigns while they are being prepared, and what may be changed later.

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::local;
use rules::surveys::campaign::{Step, check_step};
use rules::surveys::{CampaignState, RespondentGroup, SurveyWave};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::campaign_checks::{check_groups, check_key, check_place, check_shape};
use super::{campaign_group, survey_campaign};
use crate::enrolments::permission::{require, runs_hub};
use crate::enrolments::{check_version, refused};
use crate::hubs::hub;
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError, word};
use crate::programme::event;
use crate::scope::Scope;

/// A campaign as it should be.
#[derive(Clone, Debug)]
pub struct CampaignWish {
    /// The programme.
    pub programme_id: Uuid,
    /// Key within the programme.
    pub key: String,
    /// Title, shown to respondents.
    pub title: String,
    /// Which round it is.
    pub wave: SurveyWave,
    /// The cohort asked; none for feedback on an event.
    pub cohort_id: Option<Uuid>,
    /// The pathway asked; all when none.
    pub pathway_id: Option<Uuid>,
    /// The commitment that answering meets.
    pub template_id: Option<Uuid>,
    /// The event it asks about.
    pub event_id: Option<Uuid>,
    /// So many answers in each group of a school are enough.
    pub enough_responses: i32,
    /// Working days before the close on which schools without enough answers are reminded.
    pub remind_days: Vec<u32>,
    /// First day, in London.
    pub opens_on: NaiveDate,
    /// Last day, in London.
    pub closes_on: NaiveDate,
    /// Who is asked what.
    pub groups: Vec<GroupWish>,
}

/// Which group is asked what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupWish {
    /// Who answers.
    pub group: RespondentGroup,
    /// What is asked.
    pub questionnaire_id: Uuid,
    /// Whether known contacts get links of their own.
    pub by_personal_link: bool,
}

/// What is to be changed of a campaign; nothing, where none.
#[derive(Clone, Debug, Default)]
pub struct CampaignEdit {
    /// Another title.
    pub title: Option<String>,
    /// Another last day.
    pub closes_on: Option<NaiveDate>,
    /// Other reminders.
    pub remind_days: Option<Vec<u32>>,
    /// Another first day; before the launch only, as is all below.
    pub opens_on: Option<NaiveDate>,
    /// Another number of answers that is enough.
    pub enough_responses: Option<i32>,
    /// Other groups or questionnaires.
    pub groups: Option<Vec<GroupWish>>,
}

impl CampaignEdit {
    fn step(&self) -> Step {
        let fixed_by_launch =
            self.opens_on.is_some() || self.enough_responses.is_some() || self.groups.is_some();
        if fixed_by_launch { Step::Edit } else { Step::Adjust }
    }
}

/// Prepares a campaign: a programme's by its admins, feedback on a hub's own event by its lead too.
/// Nobody is invited yet.
///
/// # Errors
/// A refusal naming the field that cannot be, or a database fault.
pub async fn create(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    wish: CampaignWish,
) -> Result<survey_campaign::Model, StoreError> {
    check_place(txn, scope, &wish).await?;
    check_key(txn, &wish).await?;
    check_groups(txn, &wish.groups).await?;
    let id = new_id(now);
    let made = survey_campaign::Model {
        id,
        programme_id: wish.programme_id,
        key: wish.key,
        title: wish.title.trim().to_owned(),
        wave: <&str>::from(wish.wave).to_owned(),
        cohort_id: wish.cohort_id,
        pathway_id: wish.pathway_id,
        template_id: wish.template_id,
        event_id: wish.event_id,
        state: <&str>::from(CampaignState::Draft).to_owned(),
        // Always: see the decision on surveys in `docs/decisions`.
        anonymous: true,
        enough_responses: wish.enough_responses,
        remind_days: wish.remind_days.into(),
        // Those of a set-up do.
        launches_itself: false,
        opens_on: wish.opens_on,
        closes_on: wish.closes_on,
        launched_at: None,
        closed_at: None,
        published_at: None,
        version: 1,
        created_at: now,
        changed_at: now,
    };
    let groups: Vec<RespondentGroup> = wish.groups.iter().map(|group| group.group).collect();
    check_shape(&made, &groups)?;
    survey_campaign::Entity::insert(made.clone().into_active_model())
        .exec_without_returning(txn)
        .await?;
    put_groups(txn, now, id, &wish.groups).await?;
    Ok(made)
}

/// Changes a campaign: everything but its place before the launch, its title, reminders and last
/// day while it is open.
///
/// # Errors
/// A refusal naming the field that cannot be, or a database fault.
pub async fn edit(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    edit: CampaignEdit,
) -> Result<survey_campaign::Model, StoreError> {
    let old = held(txn, scope, id).await?;
    check_version(old.version, expected_version)?;
    let state = state(&old)?;
    let step = edit.step();
    check_step(state, step)
        .or_else(|problem| refused(RefusalCode::Conflict, "campaignId", problem))?;
    let today = local(now).date();
    if state == CampaignState::Open && edit.closes_on.is_some_and(|day| day < today) {
        return refused(
            RefusalCode::Invalid,
            "closesOn",
            "Give today or a later day, or close it.",
        );
    }
    let mut made = old.clone();
    if let Some(title) = &edit.title {
        title.trim().clone_into(&mut made.title);
    }
    made.closes_on = edit.closes_on.unwrap_or(made.closes_on);
    made.opens_on = edit.opens_on.unwrap_or(made.opens_on);
    made.enough_responses = edit.enough_responses.unwrap_or(made.enough_responses);
    if let Some(days) = edit.remind_days {
        made.remind_days = days.into();
    }
    let groups: Vec<RespondentGroup> = match &edit.groups {
        Some(groups) => groups.iter().map(|group| group.group).collect(),
        None => groups_of(txn, id).await?.iter().map(group).collect::<Result<_, _>>()?,
    };
    check_shape(&made, &groups)?;
    if let Some(groups) = &edit.groups {
        check_groups(txn, groups).await?;
        campaign_group::Entity::delete_many()
            .filter(campaign_group::Column::CampaignId.eq(id))
            .exec(txn)
            .await?;
        put_groups(txn, now, id, groups).await?;
    }
    save(txn, now, made).await
}

/// Writes a changed campaign as its next version.
pub(super) async fn save(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    mut made: survey_campaign::Model,
) -> Result<survey_campaign::Model, StoreError> {
    made.version += 1;
    made.changed_at = now;
    made.clone().into_active_model().reset_all().update_without_returning(txn).await?;
    Ok(made)
}

/// A visible campaign that the caller may run, locked until the transaction ends.
pub(super) async fn held(
    txn: &DatabaseTransaction,
    scope: &Scope,
    id: Uuid,
) -> Result<survey_campaign::Model, StoreError> {
    let found = survey_campaign::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.survey_campaigns()))
        .lock_exclusive()
        .one(txn)
        .await?;
    let Some(row) = found else {
        return refused(RefusalCode::NotFound, "campaignId", "There is no such survey campaign.");
    };
    let allowed = may_run(txn, scope, row.event_id).await?;
    require(allowed, "campaignId", "Only the programme's admins run its survey campaigns.")?;
    Ok(row)
}

/// Admins run every campaign; a hub's lead those about the hub's own events.
pub(super) async fn may_run(
    txn: &DatabaseTransaction,
    scope: &Scope,
    event_id: Option<Uuid>,
) -> Result<bool, StoreError> {
    if is_admin(scope) {
        return Ok(true);
    }
    let Some(event_id) = event_id else { return Ok(false) };
    let event = event::Entity::find_by_id(event_id).one(txn).await?;
    let Some(hub_id) = event.and_then(|event| event.hub_id) else { return Ok(false) };
    let hub = hub::Entity::find_by_id(hub_id).one(txn).await?;
    Ok(hub.is_some_and(|hub| runs_hub(scope, &hub)))
}

pub(super) fn is_admin(scope: &Scope) -> bool {
    match scope {
        Scope::System => true,
        Scope::Viewer(viewer) => viewer.admin,
    }
}

pub(crate) async fn put_groups(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    campaign_id: Uuid,
    groups: &[GroupWish],
) -> Result<(), StoreError> {
    for wish in groups {
        let row = campaign_group::ActiveModel {
            id: Set(new_id(now)),
            campaign_id: Set(campaign_id),
            respondent_group: Set(<&str>::from(wish.group).to_owned()),
            questionnaire_id: Set(wish.questionnaire_id),
            by_personal_link: Set(wish.by_personal_link),
        };
        campaign_group::Entity::insert(row).exec_without_returning(txn).await?;
    }
    Ok(())
}

/// The groups of a campaign, in the order in which they were named.
pub(crate) async fn groups_of(
    db: &impl ConnectionTrait,
    campaign_id: Uuid,
) -> Result<Vec<campaign_group::Model>, StoreError> {
    Ok(campaign_group::Entity::find()
        .filter(campaign_group::Column::CampaignId.eq(campaign_id))
        .order_by_asc(campaign_group::Column::Id)
        .all(db)
        .await?)
}

/// The group a row is about.
pub(super) fn group(row: &campaign_group::Model) -> Result<RespondentGroup, StoreError> {
    word("survey_campaign", row.id, &row.respondent_group)
}

/// Where a campaign stands.
///
/// # Errors
/// A state this version does not know.
pub fn state(row: &survey_campaign::Model) -> Result<CampaignState, StoreError> {
    word("survey_campaign", row.id, &row.state)
}

/// On which working days before its close a campaign reminds.
pub(super) fn remind_days(row: &survey_campaign::Model) -> Result<Vec<u32>, StoreError> {
    serde_json::from_value(row.remind_days.clone()).map_err(|error| StoreError::Unreadable {
        table: "survey_campaign",
        id: row.id,
        problem: error.to_string(),
    })
}
