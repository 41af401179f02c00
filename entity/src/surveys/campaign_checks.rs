//! What a campaign has to be like before it is written.

use rules::surveys::RespondentGroup;
use rules::surveys::campaign::{Shape, can_have_links, fault};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
};

use super::campaigns::{CampaignWish, GroupWish, may_run, remind_days};
use super::{questionnaire, questionnaires, survey_campaign};
use crate::enrolments::permission::require;
use crate::enrolments::refused;
use crate::outcome::{RefusalCode, StoreError, word};
use crate::programme::{cohort, commitment_template, event, pathway, programme};
use crate::scope::Scope;

/// Refuses a campaign whose parts belong to different programmes, or are out of sight.
pub(super) async fn check_place(
    txn: &DatabaseTransaction,
    scope: &Scope,
    wish: &CampaignWish,
) -> Result<(), StoreError> {
    if programme::Entity::find_by_id(wish.programme_id).one(txn).await?.is_none() {
        return refused(RefusalCode::NotFound, "programmeId", "There is no such programme.");
    }
    if let Some(id) = wish.event_id {
        let event = event::Entity::find_by_id(id)
            .filter(Condition::all().add(scope.events()))
            .one(txn)
            .await?;
        if event.is_none_or(|event| event.programme_id != wish.programme_id) {
            return refused(RefusalCode::NotFound, "eventId", "There is no such event.");
        }
    }
    let allowed = may_run(txn, scope, wish.event_id).await?;
    require(
        allowed,
        if wish.event_id.is_some() { "eventId" } else { "programmeId" },
        "Only the programme's admins make survey campaigns; a hub's lead can ask about the hub's \
         own events.",
    )?;
    if let Some(id) = wish.cohort_id {
        let cohort = cohort::Entity::find_by_id(id).one(txn).await?;
        if cohort.is_none_or(|cohort| cohort.programme_id != wish.programme_id) {
            return refused(RefusalCode::NotFound, "cohortId", "There is no such cohort.");
        }
    }
    if let Some(id) = wish.pathway_id {
        let pathway = pathway::Entity::find_by_id(id).one(txn).await?;
        if pathway.is_none_or(|pathway| pathway.programme_id != wish.programme_id) {
            return refused(RefusalCode::NotFound, "pathwayId", "There is no such pathway.");
        }
    }
    let Some(id) = wish.template_id else { return Ok(()) };
    if wish.event_id.is_some() {
        let message = "Feedback on an event meets no commitment.";
        return refused(RefusalCode::Invalid, "commitmentId", message);
    }
    let found = commitment_template::Entity::find_by_id(id).one(txn).await?;
    let Some(found) = found.filter(|found| found.programme_id == wish.programme_id) else {
        return refused(RefusalCode::NotFound, "commitmentId", "There is no such commitment.");
    };
    if !["perception_survey", "evaluation_survey"].contains(&found.kind.as_str()) {
        let message = "Answering a survey does not meet a commitment of this kind.";
        return refused(RefusalCode::Invalid, "commitmentId", message);
    }
    if found.pathway_id != wish.pathway_id {
        let message = "This commitment is not of the pathway asked.";
        return refused(RefusalCode::Invalid, "commitmentId", message);
    }
    Ok(())
}

/// Refuses a key that is none, or that another campaign of the programme has.
pub(super) async fn check_key(
    txn: &DatabaseTransaction,
    wish: &CampaignWish,
) -> Result<(), StoreError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if wish.key.is_empty() || wish.key.len() > 100 || !wish.key.chars().all(plain) {
        let message = "Use lower-case letters, digits and hyphens, at most 100.";
        return refused(RefusalCode::Invalid, "key", message);
    }
    let taken = survey_campaign::Entity::find()
        .filter(survey_campaign::Column::ProgrammeId.eq(wish.programme_id))
        .filter(survey_campaign::Column::Key.eq(&wish.key))
        .one(txn)
        .await?;
    if taken.is_some() {
        let message = "Another survey campaign of the programme has this key.";
        return refused(RefusalCode::Conflict, "key", message);
    }
    Ok(())
}

/// Refuses a group that its questionnaire is not for, and links where no contact is of the group.
pub(super) async fn check_groups(
    txn: &DatabaseTransaction,
    groups: &[GroupWish],
) -> Result<(), StoreError> {
    for wish in groups {
        let found = questionnaire::Entity::find_by_id(wish.questionnaire_id).one(txn).await?;
        let Some(found) = found else {
            return refused(RefusalCode::NotFound, "groups", "There is no such questionnaire.");
        };
        let name: &str = wish.group.into();
        if !questionnaires::groups(&found)?.contains(&wish.group) {
            let message = format!("The questionnaire \"{}\" is not for {name}.", found.title);
            return refused(RefusalCode::Invalid, "groups", &message);
        }
        if wish.by_personal_link && !can_have_links(wish.group) {
            let message = format!("No contact of a school is one of its {name}: they use codes.");
            return refused(RefusalCode::Invalid, "groups", &message);
        }
    }
    Ok(())
}

/// Refuses a title, days and groups that the rules do not allow together.
pub(super) fn check_shape(
    row: &survey_campaign::Model,
    groups: &[RespondentGroup],
) -> Result<(), StoreError> {
    let remind_days = remind_days(row)?;
    let shape = Shape {
        title: &row.title,
        wave: word("survey_campaign", row.id, &row.wave)?,
        has_event: row.event_id.is_some(),
        has_cohort: row.cohort_id.is_some(),
        opens_on: row.opens_on,
        closes_on: row.closes_on,
        enough_responses: row.enough_responses,
        remind_days: &remind_days,
        groups,
    };
    match fault(&shape) {
        Some((field, problem)) => refused(RefusalCode::Invalid, field, &problem),
        None => Ok(()),
    }
}
