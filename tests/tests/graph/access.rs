//! Who sees how much of what: every list of `Query`, as each of the five roles.

use serde_json::json;
use tests::both;

use crate::seed::events::{ATTENDANCE_CEDAR, BOOKING_CEDAR};
use crate::seed::{
    ALERT_LONDON, ALL, ENROLMENT_CEDAR, HUB_LONDON, OBLIGATION, PARTNER_CEDAR, Who, app, ask, data,
    global, id, mail, operations, support,
};

/// Rows visible to the programme admin, the regional lead of the north, the lead of its hub, the
/// head of one of its partners, and the evaluator.
const ACCESS: &[(&str, [u64; 5])] = &[
    ("programmes", [1, 1, 1, 1, 1]),
    ("cohorts", [1, 1, 1, 1, 1]),
    ("programmeTerms", [3, 3, 3, 3, 3]),
    ("pathways", [1, 1, 1, 1, 1]),
    ("commitments", [2, 2, 2, 2, 2]),
    // Two are of the whole programme and published; of the north hub one is, one is not, and one is
    // tomorrow. A draft of the programme is the admin's.
    ("events", [7, 5, 5, 3, 2]),
    ("bookings", [3, 2, 2, 1, 0]),
    ("eventAttendances", [2, 1, 1, 1, 0]),
    ("schools", [6, 6, 6, 6, 6]),
    ("trusts", [1, 1, 1, 1, 1]),
    ("localAuthorities", [2, 2, 2, 2, 2]),
    ("regions", [9, 9, 9, 9, 9]),
    ("hubs", [2, 1, 1, 1, 0]),
    ("enrolments", [3, 2, 2, 1, 0]),
    // The hub's own duty is not its partners' business.
    ("obligations", [7, 6, 6, 5, 0]),
    ("visits", [3, 2, 2, 1, 0]),
    ("selfAssessmentFrameworks", [1, 1, 1, 1, 1]),
    ("selfAssessments", [3, 2, 2, 1, 0]),
    ("plans", [3, 2, 2, 1, 0]),
    ("agreedActions", [3, 2, 2, 1, 0]),
    ("reviews", [3, 2, 2, 1, 0]),
    ("alerts", [2, 1, 1, 0, 0]),
    ("reminders", [2, 1, 1, 1, 0]),
    // One tells of what a partner of the north hub owes, one of what one of London's does.
    ("messages", [2, 1, 1, 1, 0]),
    // Birch's and Cedar's, and one that is nobody's any more.
    ("suppressions", [3, 1, 1, 0, 0]),
    ("bulletins", [2, 1, 1, 0, 0]),
    ("settings", [5, 3, 3, 2, 0]),
    // Oneself, and the contacts of settings one sees.
    ("people", [6, 3, 2, 2, 1]),
    ("contacts", [3, 2, 2, 2, 0]),
    ("questionnaires", [1, 1, 1, 1, 1]),
    // One is a draft.
    ("surveyCampaigns", [3, 2, 2, 2, 2]),
    ("surveyInvitations", [3, 2, 2, 1, 0]),
    ("surveyRates", [2, 1, 1, 0, 2]),
    // The whole, the north hub's and Birch's own; the pathway has no one-to-one support.
    ("surveyResults", [5, 2, 2, 2, 5]),
    // Nobody sees anybody else's.
    ("sessions", [1, 1, 1, 1, 1]),
    ("accessTokens", [5, 1, 1, 1, 1]),
    // The worker is the admins' to look after.
    ("jobs", [2, 0, 0, 0, 0]),
    ("jobOccurrences", [2, 0, 0, 0, 0]),
    ("mailLanes", [2, 0, 0, 0, 0]),
    ("pauses", [2, 0, 0, 0, 0]),
    // Of a sign-in only admins know.
    ("auditEntries", [3, 1, 1, 0, 0]),
];

#[tokio::test]
async fn every_list_shows_each_role_its_rows_and_no_others() {
    both(async |world| {
        let app = app(&world).await;
        for (field, expected) in ACCESS {
            for (who, expected) in ALL.into_iter().zip(expected) {
                let query = format!("{{ {field} {{ totalCount nodes {{ id }} }} }}");
                let list = &data(&app, who, &query).await[field];
                let seen = list["nodes"].as_array().map(Vec::len);
                let told = list["totalCount"].as_u64();
                assert_eq!(told, Some(*expected), "{field} as {who:?}");
                assert_eq!(seen.map(|seen| seen as u64), told, "{field} as {who:?}");
            }
        }
    })
    .await;
}

#[test]
fn every_list_of_the_schema_has_a_row_in_the_access_table() {
    let sdl = api::schema::sdl();
    let gate = api::read::gate::Gate::new(&sdl).expect("the SDL is valid");
    let query = gate.schema().get_object("Query").expect("Query");
    let untried: Vec<_> = query
        .fields
        .keys()
        .filter(|name| !["viewer", "node", "nodes"].contains(&name.as_str()))
        // What is worked out has an access test of its own.
        .filter(|name| crate::tellings::ACCESS.iter().all(|(field, ..)| field != &name.as_str()))
        .filter(|name| ACCESS.iter().all(|(field, _)| field != &name.as_str()))
        .collect();
    assert!(untried.is_empty(), "no access is stated for {untried:?}");
}

#[tokio::test]
async fn an_id_out_of_scope_answers_as_one_that_is_nobodys() {
    both(async |world| {
        let app = app(&world).await;
        let foreign = [
            global("Hub", HUB_LONDON),
            global("Enrolment", ENROLMENT_CEDAR),
            global("Obligation", id(OBLIGATION + 5)),
            global("EngagementAlert", ALERT_LONDON),
            global("AlertEvent", id(801)),
            global("Message", id(131)),
            global("Reminder", id(151)),
            global("Person", id(99)),
            global("Contact", id(122)),
            global("Setting", PARTNER_CEDAR),
            global("RoleGrant", id(100)),
            global("Booking", BOOKING_CEDAR),
            global("EventAttendance", ATTENDANCE_CEDAR),
            global("Visit", id(support::VISIT + 2)),
            global("VisitChange", id(362)),
            global("SelfAssessment", id(support::SELF_ASSESSMENT + 2)),
            global("SelfAssessmentRating", id(372)),
            global("Plan", id(support::PLAN + 2)),
            global("Objective", id(support::OBJECTIVE + 2)),
            global("AgreedAction", id(support::ACTION + 2)),
            global("Review", id(support::REVIEW + 2)),
            global("Job", id(operations::JOB)),
            global("JobOccurrence", id(operations::OCCURRENCE)),
            global("MailLane", id(operations::MAIL_LANE)),
            global("Pause", id(operations::PAUSE)),
            global("Suppression", id(mail::SUPPRESSION + 1)),
            global("Bulletin", id(mail::BULLETIN + 1)),
            global("Hub", id(999)),
            "nonsense".to_owned(),
        ];
        for id in foreign {
            let query = "query($id: ID!) { node(id: $id) { id __typename } }";
            let response = ask(&app, Who::HubLead, query, json!({ "id": id })).await;
            assert_eq!(response, json!({ "data": { "node": null } }), "{id}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_joined_row_out_of_scope_is_null_and_a_filter_by_it_finds_nothing() {
    both(async |world| {
        let app = app(&world).await;
        // The register is public; who takes part in a programme is not.
        let query = "{ schools(filter: { urn: 900004 }) { nodes { name setting { name } } } }";
        let school = |setting| {
            json!({ "schools": { "nodes": [{ "name": "Cedar School", "setting": setting }] } })
        };
        let seen = data(&app, Who::Admin, query).await;
        assert_eq!(seen, school(json!({ "name": "Cedar School" })));
        assert_eq!(data(&app, Who::HubLead, query).await, school(json!(null)));

        let query = "query($hub: ID!) { obligations(filter: { hub: $hub }) { totalCount } }";
        let variables = json!({ "hub": global("Hub", HUB_LONDON) });
        let seen = ask(&app, Who::HubLead, query, variables).await;
        assert_eq!(seen["data"]["obligations"]["totalCount"], 0);
    })
    .await;
}
