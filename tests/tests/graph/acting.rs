//! What mutations do, and what they refuse.

use api::act::Undone;
use async_graphql::ServerError;
use entity::enrolments::obligation;
use sea_orm::{ConnectionTrait as _, EntityTrait as _};
use serde_json::{Value, json};
use tests::both;

use crate::seed::{
    ALERT_NORTH, COHORT, ENROLMENT_BIRCH, HUB_LONDON, HUB_NORTH, OBLIGATION, PATHWAY, Who, app,
    ask, global, id,
};

const RECORD_MET: &str = "mutation($input: ObligationRecordMetInput!) {
    done: obligationRecordMet(input: $input) {
        __typename
        obligation {
            ... on Obligation { state metOn note version }
            recordedBy { name }
            enrolment { obligations(filter: { state: MET }) { totalCount } }
        }
        userErrors { __typename code field why: message }
    }
}";

fn met(number: u128, version: i32) -> Value {
    json!({ "input": {
        "obligationId": global("Obligation", id(OBLIGATION + number)),
        "expectedVersion": version, "metOn": "2026-10-02", "note": "Seen in the minutes"
    } })
}

#[tokio::test]
async fn recording_that_an_obligation_is_met_answers_with_it_as_it_now_is() {
    both(async |world| {
        let app = app(&world).await;
        let mut changed = app.signal.subscribe();
        changed.mark_unchanged();
        let response = ask(&app, Who::SchoolUser, RECORD_MET, met(0, 1)).await;
        let expected = json!({ "data": { "done": {
            "__typename": "ObligationPayload",
            "obligation": {
                "state": "MET", "metOn": "2026-10-02", "note": "Seen in the minutes", "version": 2,
                "recordedBy": { "name": "SchoolUser Example" },
                "enrolment": { "obligations": { "totalCount": 2 } }
            },
            "userErrors": []
        } } });
        assert_eq!(response, expected);
        assert!(changed.has_changed().expect("a signal"));
    })
    .await;
}

#[tokio::test]
async fn a_stale_version_and_an_obligation_out_of_sight_are_refused_and_change_nothing() {
    both(async |world| {
        let app = app(&world).await;
        let before = obligation::Entity::find().all(app.db.reader()).await.expect("rows");
        for (number, version, code) in [(0, 7, "STALE"), (5, 1, "NOT_FOUND"), (900, 1, "NOT_FOUND")]
        {
            let response = ask(&app, Who::SchoolUser, RECORD_MET, met(number, version)).await;
            let done = &response["data"]["done"];
            assert_eq!(done["obligation"], Value::Null, "{response:#}");
            assert_eq!(done["userErrors"][0]["code"], code, "{response:#}");
            assert_eq!(done["userErrors"][0]["__typename"], "UserError");
        }
        // Out of sight and not there at all are told apart by nothing.
        let foreign = ask(&app, Who::SchoolUser, RECORD_MET, met(5, 1)).await;
        let missing = ask(&app, Who::SchoolUser, RECORD_MET, met(900, 1)).await;
        assert_eq!(foreign, missing);
        let after = obligation::Entity::find().all(app.db.reader()).await.expect("rows");
        assert_eq!(before, after);
    })
    .await;
}

#[tokio::test]
async fn a_value_of_the_wrong_form_is_refused_before_anything_is_done() {
    both(async |world| {
        let app = app(&world).await;
        let mut input = met(0, 1);
        input["input"]["metOn"] = json!("2/10/2026");
        let response = ask(&app, Who::SchoolUser, RECORD_MET, input).await;
        assert_eq!(response.get("data"), None);
        let message = response["errors"][0]["message"].to_string();
        assert!(message.contains("$input.metOn is a date like 2026-10-05"), "{message}");
        let mut input = met(0, 1);
        input["input"]["metON"] = json!("2026-10-02");
        let response = ask(&app, Who::SchoolUser, RECORD_MET, input).await;
        assert_eq!(response.get("data"), None);
    })
    .await;
}

#[tokio::test]
async fn actions_of_one_document_happen_in_turn() {
    both(async |world| {
        let app = app(&world).await;
        let alert = global("EngagementAlert", ALERT_NORTH);
        let obligation = global("Obligation", id(OBLIGATION));
        let query = format!(
            r#"mutation {{
                __typename
                first: alertAcknowledge(input: {{ alertId: "{alert}", note: "Ringing them" }}) {{
                    alert {{ state acknowledgementNote acknowledgedBy {{ name }} version }}
                    userErrors {{ code }}
                }}
                obligationExcuse(input: {{ obligationId: "{obligation}", reason: "Flood" }}) {{
                    obligation {{ state note overdue }}
                    userErrors {{ code message }}
                }}
                obligationReopen(input: {{ obligationId: "{obligation}", reason: "It was dry" }}) {{
                    obligation {{ __typename }}
                    userErrors {{ code message }}
                }}
                again: alertAcknowledge(input: {{ alertId: "{alert}", expectedVersion: 1 }}) {{
                    alert {{ state }}
                    userErrors {{ code field }}
                }}
            }}"#
        );
        let response = ask(&app, Who::HubLead, &query, json!({})).await;
        let expected = json!({ "data": {
            "__typename": "Mutation",
            "first": {
                "alert": {
                    "state": "ACKNOWLEDGED", "acknowledgementNote": "Ringing them",
                    "acknowledgedBy": { "name": "HubLead Example" }, "version": 2
                },
                "userErrors": []
            },
            "obligationExcuse": {
                "obligation": { "state": "EXCUSED", "note": "Flood", "overdue": false },
                "userErrors": []
            },
            "obligationReopen": {
                "obligation": { "__typename": "Obligation" },
                "userErrors": []
            },
            "again": {
                "alert": null,
                "userErrors": [{ "code": "STALE", "field": "expectedVersion" }]
            }
        } });
        assert_eq!(response, expected);
        // A school does not see what is flagged about it, so it cannot take it on either.
        let response = ask(&app, Who::SchoolUser, &query, json!({})).await;
        let errors = &response["data"]["first"]["userErrors"];
        assert_eq!(errors, &json!([{ "code": "NOT_FOUND" }]), "{response:#}");
    })
    .await;
}

#[tokio::test]
async fn a_school_new_to_programmes_is_enrolled_by_its_place_in_the_register() {
    both(async |world| {
        let app = app(&world).await;
        let query = "mutation($input: EnrolmentCreateInput!) { enrolmentCreate(input: $input) {
            enrolment { status hub { name } partner { name kind school { urn } } }
            userErrors { code field message }
        } }";
        let wish = json!({ "input": {
            "hubId": global("Hub", HUB_NORTH), "cohortId": global("Cohort", COHORT),
            "pathwayId": global("Pathway", PATHWAY), "schoolId": global("School", id(14)),
            "enrolledOn": "2026-10-05"
        } });
        let response = ask(&app, Who::HubLead, query, wish.clone()).await;
        let expected = json!({
            "enrolment": {
                "status": "ACTIVE", "hub": { "name": "North Hub" },
                "partner": {
                    "name": "Alder Academy", "kind": "SCHOOL", "school": { "urn": 900_005 }
                }
            },
            "userErrors": []
        });
        assert_eq!(response, json!({ "data": { "enrolmentCreate": expected } }));
        // A second time it is refused, and so is naming the partner twice.
        let response = ask(&app, Who::HubLead, query, wish.clone()).await;
        let answer = &response["data"]["enrolmentCreate"];
        assert_eq!(answer["userErrors"][0]["code"], "CONFLICT", "{response:#}");
        let mut twice = wish;
        twice["input"]["trustId"] = json!(global("Trust", id(5)));
        let response = ask(&app, Who::HubLead, query, twice).await;
        let answer = &response["data"]["enrolmentCreate"];
        assert_eq!(answer["userErrors"][0]["field"], "partnerSettingId", "{response:#}");
    })
    .await;
}

#[tokio::test]
async fn an_enrolment_moves_and_ends() {
    both(async |world| {
        let app = app(&world).await;
        let enrolment = global("Enrolment", ENROLMENT_BIRCH);
        let hub = global("Hub", HUB_LONDON);
        let query = format!(
            r#"mutation {{
                enrolmentTransfer(input: {{
                    enrolmentId: "{enrolment}", expectedVersion: 1, toHubId: "{hub}", reason: "Moved"
                }}) {{ enrolment {{ hub {{ name }} version }} userErrors {{ message }} }}
                enrolmentWithdraw(input: {{
                    enrolmentId: "{enrolment}", endedOn: "2026-10-05", reason: "Closing"
                }}) {{
                    enrolment {{ status endReason changes {{ nodes {{ kind toHub {{ name }} }} }} }}
                    userErrors {{ message }}
                }}
            }}"#
        );
        let response = ask(&app, Who::Admin, &query, json!({})).await;
        let data = &response["data"];
        let moved = json!({ "hub": { "name": "London Hub" }, "version": 2 });
        assert_eq!(data["enrolmentTransfer"]["enrolment"], moved, "{response:#}");
        let ended = &data["enrolmentWithdraw"]["enrolment"];
        assert_eq!(ended["status"], "WITHDRAWN", "{response:#}");
        assert_eq!(ended["endReason"], "Closing");
        // Both happened at the same moment, so neither comes first.
        let changes = ended["changes"]["nodes"].to_string();
        assert!(changes.contains("transferred"), "{changes}");
        assert!(changes.contains("withdrawn"), "{changes}");
    })
    .await;
}

#[tokio::test]
async fn a_fault_of_ours_is_told_apart_from_bad_input_by_its_kind() {
    both(async |world| {
        let app = app(&world).await;
        // What every mutation writes last cannot be written.
        let rename = "ALTER TABLE audit_entry RENAME TO audit_entry_gone";
        world.db.migrator().execute_unprepared(rename).await.expect("renamed");
        let response = ask(&app, Who::SchoolUser, RECORD_MET, met(0, 1)).await;
        let error = &response["errors"][0];
        assert_eq!(response["data"]["done"], Value::Null, "{response:#}");
        assert_eq!(error["extensions"]["code"], "INTERNAL", "{error:#}");
        assert_eq!(error["message"], Undone::Fault.to_string());
        let row = obligation::Entity::find_by_id(id(OBLIGATION)).one(app.db.reader()).await;
        assert_eq!(row.expect("a read").expect("the row").met_on, None, "nothing is half done");
    })
    .await;
    // A sentence of the library's says nothing about its kind, whatever it says.
    let unmarked = ServerError::new(Undone::Fault.to_string(), None);
    assert_eq!(Undone::of(&unmarked), Undone::Unreadable(Undone::Fault.to_string()));
}
