//! Visits, self-assessments, plans and reviews over GraphQL: what is read, and what can be done.

use serde_json::{Value, json};
use tests::{World, both};

use crate::seed::support::{ACTION, OBJECTIVE, PLAN, REVIEW, SELF_ASSESSMENT, VISIT};
use crate::seed::{ENROLMENT_BIRCH, ENROLMENT_CEDAR, Who, app, ask, data, global, id};

/// Every mutation of the area with an input for Birch's rows.
#[expect(clippy::too_many_lines, reason = "a table, best read at one go")]
fn mutations() -> Vec<(&'static str, &'static str, Value)> {
    let visit = global("Visit", id(VISIT));
    let enrolment = global("Enrolment", ENROLMENT_BIRCH);
    let assessment = global("SelfAssessment", id(SELF_ASSESSMENT));
    let plan = global("Plan", id(PLAN));
    let objective = global("Objective", id(OBJECTIVE));
    let action = global("AgreedAction", id(ACTION));
    let review = global("Review", id(REVIEW));
    let (starts, ends) = ("2026-10-14T08:00:00Z", "2026-10-14T14:00:00Z");
    let says = json!({ "title": "Calm", "successMeasure": "Seen" });
    let does = json!({
        "title": "Greet", "ownerParty": "PARTNER", "ownerName": "Bea", "dueOn": "2026-11-20"
    });
    let found = json!({ "heldOn": "2026-09-19", "summary": "Good", "nextSteps": "More" });
    vec![
        (
            "visitPropose",
            "VisitProposeInput",
            json!({
                "enrolmentId": enrolment, "kind": "SUPPORT_DAY", "startsAt": starts, "endsAt": ends,
                "halfDays": 2, "purpose": "Walk"
            }),
        ),
        ("visitAgree", "VisitAgreeInput", json!({ "visitId": visit })),
        (
            "visitReschedule",
            "VisitRescheduleInput",
            json!({
                "visitId": visit, "startsAt": starts, "endsAt": ends
            }),
        ),
        ("visitCancel", "VisitCancelInput", json!({ "visitId": visit, "reason": "Flood" })),
        (
            "visitRecord",
            "VisitRecordInput",
            json!({
                "visitId": visit, "halfDaysUsed": 1, "attendees": [{ "name": "Ada" }], "summary": "Good",
                "startsAt": "2026-09-29T08:00:00Z", "endsAt": "2026-09-29T11:00:00Z",
                "agreedActions": [does]
            }),
        ),
        ("selfAssessmentStart", "SelfAssessmentStartInput", json!({ "enrolmentId": enrolment })),
        (
            "selfAssessmentRate",
            "SelfAssessmentRateInput",
            json!({
                "selfAssessmentId": assessment, "themeKey": "culture", "level": 1
            }),
        ),
        (
            "selfAssessmentComplete",
            "SelfAssessmentCompleteInput",
            json!({
                "selfAssessmentId": assessment
            }),
        ),
        ("planStart", "PlanStartInput", json!({ "enrolmentId": enrolment, "summary": "Calm" })),
        ("planEdit", "PlanEditInput", json!({ "planId": plan, "summary": "Calm" })),
        ("planAgree", "PlanAgreeInput", json!({ "planId": plan })),
        ("objectiveAdd", "ObjectiveAddInput", json!({ "planId": plan, "objective": says })),
        (
            "objectiveEdit",
            "ObjectiveEditInput",
            json!({
                "objectiveId": objective, "objective": says
            }),
        ),
        (
            "objectiveSetState",
            "ObjectiveSetStateInput",
            json!({
                "objectiveId": objective, "state": "DROPPED"
            }),
        ),
        (
            "agreedActionAdd",
            "AgreedActionAddInput",
            json!({
                "objectiveId": objective, "action": does
            }),
        ),
        (
            "agreedActionEdit",
            "AgreedActionEditInput",
            json!({
                "agreedActionId": action, "action": does
            }),
        ),
        (
            "agreedActionSetState",
            "AgreedActionSetStateInput",
            json!({
                "agreedActionId": action, "state": "DONE"
            }),
        ),
        (
            "reviewRecord",
            "ReviewRecordInput",
            json!({
                "enrolmentId": enrolment, "kind": "PROGRESS", "review": found
            }),
        ),
        ("reviewCorrect", "ReviewCorrectInput", json!({ "reviewId": review, "review": found })),
    ]
}

fn document(name: &str, input: &str) -> String {
    format!(
        "mutation($input: {input}!) {{ done: {name}(input: $input) {{ \
         __typename userErrors {{ code field message }} }} }}"
    )
}

#[tokio::test]
async fn who_has_no_part_in_it_is_refused_by_every_mutation_as_if_there_were_nothing() {
    both(async |world| {
        let app = app(&world).await;
        for (name, input, variables) in mutations() {
            let variables = json!({ "input": variables });
            let response = ask(&app, Who::Evaluator, &document(name, input), variables).await;
            let errors = &response["data"]["done"]["userErrors"];
            assert_eq!(errors[0]["code"], "NOT_FOUND", "{name}: {response:#}");
        }
    })
    .await;
}

/// In this order: what a head and a hub's lead are told, each starting from the seed. Birch's pathway
/// has neither support days nor a plan, and its self-assessment is under way already.
const TOLD: &[(&str, &str, &str)] = &[
    ("visitPropose", "CONFLICT", "CONFLICT"),
    ("visitAgree", "", "FORBIDDEN"),
    ("visitReschedule", "", ""),
    ("visitRecord", "FORBIDDEN", ""),
    ("visitCancel", "", "CONFLICT"),
    ("selfAssessmentStart", "CONFLICT", "FORBIDDEN"),
    ("selfAssessmentRate", "", "FORBIDDEN"),
    ("selfAssessmentComplete", "", "FORBIDDEN"),
    ("planStart", "CONFLICT", "CONFLICT"),
    ("planEdit", "", ""),
    ("objectiveAdd", "", ""),
    ("objectiveEdit", "", ""),
    ("agreedActionAdd", "", ""),
    ("agreedActionEdit", "", ""),
    ("agreedActionSetState", "", ""),
    ("planAgree", "", "FORBIDDEN"),
    ("objectiveSetState", "", ""),
    ("reviewRecord", "FORBIDDEN", ""),
    ("reviewCorrect", "FORBIDDEN", ""),
];

/// Tries every mutation in the order of the table.
async fn try_all(world: &World, who: Who, told: impl Fn(&(&str, &str, &str)) -> String) {
    let app = app(world).await;
    let mutations = mutations();
    assert_eq!(TOLD.len(), mutations.len());
    for row in TOLD {
        let (name, input, variables) =
            mutations.iter().find(|(name, ..)| *name == row.0).expect("an input for it");
        let variables = json!({ "input": variables });
        let response = ask(&app, who, &document(name, input), variables).await;
        let errors = &response["data"]["done"]["userErrors"];
        assert!(errors.is_array(), "{name} as {who:?}: {response:#}");
        let code = errors[0]["code"].as_str().unwrap_or_default();
        assert_eq!(code, told(row), "{name} as {who:?}: {response:#}");
    }
}

#[tokio::test]
async fn a_head_does_what_is_the_partners_and_is_told_what_is_the_leads() {
    both(async |world| try_all(&world, Who::SchoolUser, |row| row.1.to_owned()).await).await;
}

#[tokio::test]
async fn a_hub_lead_does_what_is_the_hubs_and_is_told_what_is_the_partners() {
    both(async |world| try_all(&world, Who::HubLead, |row| row.2.to_owned()).await).await;
}

#[tokio::test]
async fn a_visit_is_read_back_with_who_came_and_what_was_agreed() {
    both(async |world| {
        let app = app(&world).await;
        let (_, input, variables) =
            mutations().into_iter().find(|(name, ..)| *name == "visitRecord").expect("it");
        let query = format!(
            "mutation($input: {input}!) {{ visitRecord(input: $input) {{ visit {{
                state heldOn halfDaysUsed startsAt sequence version visitor {{ name }}
                attendees {{ name role }}
                agreedActions {{ nodes {{ title ownerParty dueOn overdue state }} }}
                changes {{ nodes {{ what byParty byPerson {{ name }} startsAt }} }}
            }} userErrors {{ message }} }} }}"
        );
        let response = ask(&app, Who::HubLead, &query, json!({ "input": variables })).await;
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
        let (name, input, good) = mutations().swap_remove(0);
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
