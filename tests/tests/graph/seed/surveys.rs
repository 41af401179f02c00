//! A closed campaign of all three partners with its results, and a draft.

use entity::surveys::{
    campaign_group, personal_invitation, questionnaire, survey_campaign, survey_code,
    survey_invitation, survey_result,
};
use sea_orm::{DatabaseTransaction, EntityTrait as _, IntoActiveModel as _};
use serde_json::json;

use super::{
    COHORT, ENROLMENT_BIRCH, ENROLMENT_CEDAR, ENROLMENT_TRUST, HUB_LONDON, HUB_NORTH, Who, at, day,
    id,
};

/// Campaigns: 400 is open, 401 published, 402 a draft.
pub const CAMPAIGN: u128 = 400;
/// Invitations of campaign 400: Birch, the trust, Cedar.
pub const INVITATION: u128 = 410;
/// Codes, of the same.
pub const CODE: u128 = 420;
/// Results of campaign 401: programme, north hub, London hub, Birch, Cedar.
pub const RESULT: u128 = 440;

pub async fn surveys(txn: &DatabaseTransaction) {
    let asked = questionnaire::Model {
        id: id(390),
        key: "invented".to_owned(),
        version: 1,
        title: "Invented".to_owned(),
        introduction: "For tests.".to_owned(),
        groups: json!(["staff"]),
        pages: json!([{ "title": "Calm", "question": [
            { "key": "calm", "text": "It is calm.", "kind": "choice", "required": true,
              "options": [{ "key": "yes", "label": "Yes" }, { "key": "no", "label": "No" }] },
            { "key": "more", "text": "What else?", "kind": "text" }
        ] }]),
        created_at: at("2026-09-01T00:00:00Z"),
    };
    let asked = asked.into_active_model();
    questionnaire::Entity::insert(asked).exec_without_returning(txn).await.expect("a row");
    for (number, state) in [(0, "open"), (1, "published"), (2, "draft")] {
        let campaign = survey_campaign::Model {
            id: id(CAMPAIGN + number),
            programme_id: id(40),
            key: format!("campaign-{number}"),
            title: format!("Campaign {number}"),
            wave: "baseline".to_owned(),
            cohort_id: Some(COHORT),
            pathway_id: None,
            template_id: None,
            event_id: None,
            state: state.to_owned(),
            anonymous: true,
            enough_responses: 10,
            remind_days: json!([3]),
            launches_itself: false,
            opens_on: day("2026-09-14"),
            closes_on: day("2026-10-09"),
            launched_at: (number < 2).then(|| at("2026-09-14T08:00:00Z")),
            closed_at: None,
            published_at: None,
            version: 1,
            created_at: at("2026-09-01T00:00:00Z"),
            changed_at: at("2026-09-14T08:00:00Z"),
        };
        let campaign = campaign.into_active_model();
        survey_campaign::Entity::insert(campaign).exec_without_returning(txn).await.expect("a row");
        let group = campaign_group::Model {
            id: id(405 + number),
            campaign_id: id(CAMPAIGN + number),
            respondent_group: "staff".to_owned(),
            questionnaire_id: id(390),
            by_personal_link: true,
        };
        let group = group.into_active_model();
        campaign_group::Entity::insert(group).exec_without_returning(txn).await.expect("a row");
    }
    for (number, enrolment, responses) in
        [(0, ENROLMENT_BIRCH, 12), (1, ENROLMENT_TRUST, 0), (2, ENROLMENT_CEDAR, 4)]
    {
        invitation(txn, number, enrolment, responses).await;
    }
    for (number, person) in [(0, Who::SchoolUser.person()), (2, id(99))] {
        let personal = personal_invitation::Model {
            id: id(430 + number),
            campaign_id: id(CAMPAIGN),
            invitation_id: id(INVITATION + number),
            person_id: person,
            answered_on: None,
            created_at: at("2026-09-14T08:00:00Z"),
        };
        let personal = personal.into_active_model();
        let added = personal_invitation::Entity::insert(personal);
        added.exec_without_returning(txn).await.expect("a row");
    }
    results(txn).await;
}

async fn results(txn: &DatabaseTransaction) {
    for (number, level, hub, enrolment, responses) in [
        (0, "programme", None, None, Some(40)),
        (1, "hub", Some(HUB_NORTH), None, Some(20)),
        (2, "hub", Some(HUB_LONDON), None, None),
        (3, "school", Some(HUB_NORTH), Some(ENROLMENT_BIRCH), Some(12)),
        (4, "school", Some(HUB_LONDON), Some(ENROLMENT_CEDAR), None),
    ] {
        let told = responses.is_some();
        let result = survey_result::Model {
            id: id(RESULT + number),
            campaign_id: id(CAMPAIGN + 1),
            level: level.to_owned(),
            hub_id: hub,
            enrolment_id: enrolment,
            respondent_group: "staff".to_owned(),
            responses,
            tallies: json!([{
                "question": "calm", "text": "It is calm.", "answered": responses,
                "options": [
                    { "option": "yes", "label": "Yes", "count": told.then_some(11) },
                    { "option": "no", "label": "No", "count": told.then_some(1) }
                ]
            }]),
            published_at: at("2026-10-01T08:00:00Z"),
        };
        let result = result.into_active_model();
        survey_result::Entity::insert(result).exec_without_returning(txn).await.expect("a row");
    }
}

async fn invitation(
    txn: &DatabaseTransaction,
    number: u128,
    enrolment: uuid::Uuid,
    responses: i32,
) {
    let made = survey_invitation::Model {
        id: id(INVITATION + number),
        campaign_id: id(CAMPAIGN),
        enrolment_id: enrolment,
        respondent_group: "staff".to_owned(),
        expected: (number == 0).then_some(60),
        responses,
        first_on: (responses > 0).then(|| day("2026-09-20")),
        enough_on: (responses >= 10).then(|| day("2026-09-25")),
        told_at: (responses > 0).then(|| at("2026-09-25T10:00:00Z")),
        created_at: at("2026-09-14T08:00:00Z"),
        changed_at: at("2026-09-14T08:00:00Z"),
        version: 1,
    };
    let made = made.into_active_model();
    survey_invitation::Entity::insert(made).exec_without_returning(txn).await.expect("a row");
    let code = survey_code::Model {
        id: id(CODE + number),
        invitation_id: id(INVITATION + number),
        code: rules::surveys::code::from_random(number),
        created_at: at("2026-09-14T08:00:00Z"),
        retired_at: None,
    };
    let code = code.into_active_model();
    survey_code::Entity::insert(code).exec_without_returning(txn).await.expect("a row");
}
