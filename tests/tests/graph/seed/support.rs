//! Visits, self-assessments, plans and reviews of the three partners.

use entity::plans::{
    agreed_action, objective, plan, review, self_assessment, self_assessment_framework,
    self_assessment_rating,
};
use entity::visits::{visit, visit_change};
use sea_orm::DatabaseTransaction;
use serde_json::json;

use super::rows::put;
use super::*;

/// A visit, self-assessment, plan, objective, action and review of each partner, by its number:
/// 0 for Birch, 1 for the trust, 2 for Cedar.
pub const VISIT: u128 = 300;
pub const SELF_ASSESSMENT: u128 = 310;
pub const PLAN: u128 = 320;
pub const OBJECTIVE: u128 = 330;
pub const ACTION: u128 = 340;
pub const REVIEW: u128 = 350;

pub async fn rows(txn: &DatabaseTransaction) {
    let moment = at("2026-09-20T09:00:00Z");
    let framework = self_assessment_framework::Model {
        id: id(299),
        programme_id: id(40),
        version: 1,
        title: "Where we stand".to_owned(),
        themes: json!([{
            "key": "culture", "title": "Culture", "prompt": "Is it calm?",
            "levels": [
                { "title": "Emerging", "description": "Here and there." },
                { "title": "Secure", "description": "Everywhere." }
            ]
        }]),
        created_at: moment,
    };
    put(txn, framework).await;
    for (number, enrolment, hub) in [
        (0, ENROLMENT_BIRCH, HUB_NORTH),
        (1, ENROLMENT_TRUST, HUB_NORTH),
        (2, ENROLMENT_CEDAR, HUB_LONDON),
    ] {
        let visit = visit::Model {
            id: id(VISIT + number),
            programme_id: id(40),
            enrolment_id: enrolment,
            hub_id: hub,
            kind: "support_day".to_owned(),
            state: "proposed".to_owned(),
            visitor_id: (hub == HUB_NORTH).then(|| Who::HubLead.person()),
            purpose: "Walk the corridors".to_owned(),
            starts_at: at("2026-10-13T08:00:00Z"),
            ends_at: at("2026-10-13T14:00:00Z"),
            half_days: 2,
            proposed_by: "hub".to_owned(),
            agreed_at: None,
            held_on: None,
            half_days_used: None,
            attendees: json!([]),
            summary: None,
            cancelled_by: None,
            cancelled_at: None,
            cancellation_reason: None,
            sequence: 0,
            version: 1,
            created_at: moment,
            changed_at: moment,
        };
        let change = visit_change::Model {
            id: id(360 + number),
            visit_id: visit.id,
            what: "proposed".to_owned(),
            by_party: Some("hub".to_owned()),
            by_person: visit.visitor_id,
            starts_at: visit.starts_at,
            ends_at: visit.ends_at,
            reason: None,
            happened_at: moment,
        };
        put(txn, visit).await;
        put(txn, change).await;
        let assessment = self_assessment::Model {
            id: id(SELF_ASSESSMENT + number),
            enrolment_id: enrolment,
            framework_id: id(299),
            number: 1,
            state: "draft".to_owned(),
            completed_on: None,
            completed_by: None,
            version: 1,
            created_at: moment,
            changed_at: moment,
        };
        put(txn, assessment).await;
        let rating = self_assessment_rating::Model {
            id: id(370 + number),
            self_assessment_id: id(SELF_ASSESSMENT + number),
            theme_key: "culture".to_owned(),
            level: 2,
            evidence: None,
            changed_at: moment,
        };
        put(txn, rating).await;
        plans(txn, number, enrolment).await;
    }
}

async fn plans(txn: &DatabaseTransaction, number: u128, enrolment: Uuid) {
    let moment = at("2026-09-20T09:00:00Z");
    let plan = plan::Model {
        id: id(PLAN + number),
        enrolment_id: enrolment,
        kind: "action".to_owned(),
        state: "draft".to_owned(),
        number: 1,
        summary: "Calm mornings".to_owned(),
        partner_agreed_on: None,
        hub_agreed_on: None,
        agreed_on: None,
        version: 1,
        created_at: moment,
        changed_at: moment,
    };
    put(txn, plan).await;
    let objective = objective::Model {
        id: id(OBJECTIVE + number),
        plan_id: id(PLAN + number),
        position: 1,
        theme_key: Some("culture".to_owned()),
        title: "A calm start".to_owned(),
        success_measure: "Lessons begin on time".to_owned(),
        state: "open".to_owned(),
        version: 1,
        changed_at: moment,
    };
    put(txn, objective).await;
    let action = agreed_action::Model {
        id: id(ACTION + number),
        enrolment_id: enrolment,
        objective_id: Some(id(OBJECTIVE + number)),
        visit_id: None,
        title: "Greet pupils at the gate".to_owned(),
        owner_party: "partner".to_owned(),
        owner_name: "Bea Example".to_owned(),
        due_on: day("2026-10-02"),
        state: "open".to_owned(),
        done_on: None,
        version: 1,
        created_at: moment,
        changed_at: moment,
    };
    put(txn, action).await;
    let review = review::Model {
        id: id(REVIEW + number),
        enrolment_id: enrolment,
        plan_id: Some(id(PLAN + number)),
        kind: "progress".to_owned(),
        held_on: day("2026-09-18"),
        summary: "A start is made.".to_owned(),
        next_steps: "Go on.".to_owned(),
        recorded_by: None,
        recorded_at: moment,
        version: 1,
    };
    put(txn, review).await;
}
