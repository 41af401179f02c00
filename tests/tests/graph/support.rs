//! Visits, self-assessments, plans and reviews over GraphQL: what is read, and what can be done.

use serde_json::{Value, json};
use tests::both;

use crate::seed::support::VISIT;
use crate::seed::{ENROLMENT_BIRCH, ENROLMENT_CEDAR, Who, app, ask, data, global, id};

fn document(name: &str, input: &str) -> String {
    format!(
        "mutation($input: {input}!) {{ done: {name}(input: $input) {{ \
         __typename userErrors {{ code field message }} }} }}"
    )
}

/// A visit recorded that was held some days before it was meant to be.
fn held() -> Value {
    json!({
        "visitId": global("Visit", id(VISIT)), "halfDaysUsed": 1, "summary": "Good",
        "attendees": [{ "name": "Ada" }],
        "startsAt": "2026-09-29T08:00:00Z", "endsAt": "2026-09-29T11:00:00Z",
        "agreedActions": [{
            "title": "Greet", "ownerParty": "PARTNER", "ownerName": "Bea", "dueOn": "2026-11-20"
        }]
    })
}

#[tokio::test]
async fn a_visit_is_read_back_with_who_came_and_what_was_agreed() {
    both(async |world| {
        let app = app(&world).await;
        let query = "mutation($input: VisitRecordInput!) { visitRecord(input: $input) { visit {
                state heldOn halfDaysUsed startsAt sequence version visitor { name }
                attendees { name role }
                agreedActions { nodes { title ownerParty dueOn overdue state } }
                changes { nodes { what byParty byPerson { name } startsAt } }
            } userErrors { message } } }";
        let response = ask(&app, Who::HubLead, query, json!({ "input": held() })).await;
        let expected = json!({
            "state": "RECORDED", "heldOn": "2026-09-29", "halfDaysUsed": 1,
            "startsAt": "2026-09-29T08:00:00Z", "sequence": 1, "version": 2,
            "visitor": { "name": "HubLead Example" },
            "attendees": [{ "name": "Ada", "role": "" }],
            "agreedActions": { "nodes": [{
                "title": "Greet", "ownerParty": "PARTNER", "dueOn": "2026-11-20",
                "overdue": false, "state": "OPEN"
            }] },
            "changes": { "nodes": [
                {
                    "what": "PROPOSED", "byParty": "HUB",
                    "byPerson": { "name": "HubLead Example" }, "startsAt": "2026-10-13T08:00:00Z"
                },
                {
                    "what": "RECORDED", "byParty": "HUB",
                    "byPerson": { "name": "HubLead Example" }, "startsAt": "2026-09-29T08:00:00Z"
                }
            ] }
        });
        assert_eq!(response["data"]["visitRecord"]["visit"], expected, "{response:#}");
    })
    .await;
}

#[tokio::test]
async fn lead_and_partner_read_plans_and_self_assessments_and_filter_what_they_list() {
    both(async |world| {
        let app = app(&world).await;
        let query = "{ enrolments { nodes {
            visits(filter: { state: [PROPOSED] }) { totalCount }
            selfAssessments { nodes {
                state framework { title themes { key prompt } } ratings { nodes { themeKey level } }
            } }
            plans { nodes { kind number objectives { nodes { title actions { totalCount } } } } }
            agreedActions { nodes { overdue objective { title } visit { id } } }
            reviews { nodes { kind heldOn plan { number } } }
        } } }";
        let expected = json!({
            "visits": { "totalCount": 1 },
            "selfAssessments": { "nodes": [{
                "state": "DRAFT",
                "framework": {
                    "title": "Where we stand",
                    "themes": [{ "key": "culture", "prompt": "Is it calm?" }]
                },
                "ratings": { "nodes": [{ "themeKey": "culture", "level": 2 }] }
            }] },
            "plans": { "nodes": [{ "kind": "ACTION", "number": 1, "objectives": { "nodes": [
                { "title": "A calm start", "actions": { "totalCount": 1 } }
            ] } }] },
            "agreedActions": { "nodes": [
                { "overdue": true, "objective": { "title": "A calm start" }, "visit": null }
            ] },
            "reviews": { "nodes": [
                { "kind": "PROGRESS", "heldOn": "2026-09-18", "plan": { "number": 1 } }
            ] }
        });
        let seen = data(&app, Who::SchoolUser, query).await;
        assert_eq!(seen["enrolments"]["nodes"], json!([expected]));
        for (list, filter, expected) in [
            ("visits", "kind: [SUPPORT_DAY]", 2),
            ("visits", "kind: [DEEP_DIVE_VISIT]", 0),
            ("visits", "startsFrom: \"2026-10-13T08:00:00Z\"", 2),
            ("visits", "startsBefore: \"2026-10-13T08:00:00Z\"", 0),
            ("visits", "proposedBy: [PARTNER]", 0),
            ("agreedActions", "dueBefore: \"2026-10-03\", ownerParty: [PARTNER]", 2),
            ("agreedActions", "state: [DONE, DROPPED]", 0),
            ("plans", "state: [DRAFT], kind: [ACTION]", 2),
            ("reviews", "heldFrom: \"2026-09-19\"", 0),
            ("selfAssessments", "state: [COMPLETED]", 0),
        ] {
            let query = format!("{{ {list}(filter: {{ {filter} }}) {{ totalCount }} }}");
            let seen = data(&app, Who::HubLead, &query).await;
            assert_eq!(seen[list]["totalCount"], expected, "{list} {filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_moment_or_a_word_that_cannot_be_read_is_refused_before_anything_is_done() {
    both(async |world| {
        let app = app(&world).await;
        let (name, input) = ("visitPropose", "VisitProposeInput");
        let good = json!({
            "enrolmentId": global("Enrolment", ENROLMENT_BIRCH), "kind": "SUPPORT_DAY",
            "startsAt": "2026-10-14T08:00:00Z", "endsAt": "2026-10-14T14:00:00Z",
            "halfDays": 2, "purpose": "Walk"
        });
        for (field, value) in [
            ("startsAt", "14/10/2026"),
            ("startsAt", "2026-10-14"),
            ("startsAt", "9999-10-14T08:00:00Z"),
            ("kind", "WALK"),
            ("kind", "support_day"),
        ] {
            let mut variables = json!({ "input": good });
            variables["input"][field] = json!(value);
            let response = ask(&app, Who::SchoolUser, &document(name, input), variables).await;
            assert!(response["errors"][0]["message"].is_string(), "{field} {value}: {response:#}");
            assert_eq!(response["data"]["done"], Value::Null);
        }
        // A time with an offset is the same moment.
        let mut variables = json!({ "input": good });
        variables["input"]["startsAt"] = json!("2026-10-14T15:00:00+01:00");
        let response = ask(&app, Who::SchoolUser, &document(name, input), variables).await;
        let errors = &response["data"]["done"]["userErrors"];
        assert_eq!(errors[0]["code"], "CONFLICT", "{response:#}");
        let foreign = json!({ "input": {
            "enrolmentId": global("Enrolment", ENROLMENT_CEDAR), "summary": "Calm"
        } });
        let response =
            ask(&app, Who::HubLead, &document("planStart", "PlanStartInput"), foreign).await;
        let errors = &response["data"]["done"]["userErrors"];
        assert_eq!(errors[0]["code"], "NOT_FOUND", "{response:#}");
    })
    .await;
}
