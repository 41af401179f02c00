//! What can be done to alerts over the graph, by whom, and how their story reads.

use serde_json::{Value, json};
use tests::both;

use crate::seed::{ALERT_NORTH, ALL, NORTH, Who, app, ask, data, global, id};

async fn act(app: &api::app::App, who: Who, name: &str, input: &str, more: &Value) -> Value {
    let query = format!(
        "mutation($input: {input}!) {{ {name}(input: $input) {{
            alert {{ state snoozedUntil snoozeReason snoozedBy {{ name }}
                events {{ nodes {{ what detail by {{ name }} }} }} }}
            userErrors {{ code field }}
        }} }}"
    );
    let mut input = json!({ "alertId": global("EngagementAlert", ALERT_NORTH) });
    if let (Some(input), Some(more)) = (input.as_object_mut(), more.as_object()) {
        input.extend(more.clone());
    }
    let response = ask(app, who, &query, json!({ "input": input })).await;
    assert_eq!(response.get("errors"), None, "{response:#}");
    response["data"][name].clone()
}

#[tokio::test]
async fn an_alert_is_set_aside_and_taken_up_again_and_tells_its_story() {
    both(async |world| {
        let app = app(&world).await;
        let wish = json!({ "until": "2026-10-19", "reason": "They are inspected this week" });
        let done = act(&app, Who::HubLead, "alertSnooze", "AlertSnoozeInput", &wish).await;
        let lead = json!({ "name": "HubLead Example" });
        let raised = json!({ "what": "RAISED", "detail": "1 obligation is overdue", "by": null });
        let aside = json!({
            "what": "SNOOZED", "by": lead,
            "detail": "Until 19 October 2026: They are inspected this week"
        });
        let expected = json!({
            "alert": {
                "state": "SNOOZED", "snoozedUntil": "2026-10-19",
                "snoozeReason": "They are inspected this week", "snoozedBy": lead,
                "events": { "nodes": [raised, aside] }
            },
            "userErrors": []
        });
        assert_eq!(done, expected, "{}", world.name);
        let snoozed = "{ alerts(filter: { snoozed: true }) { totalCount } }";
        assert_eq!(data(&app, Who::HubLead, snoozed).await["alerts"]["totalCount"], 1);

        let done = act(&app, Who::RegionalLead, "alertWake", "AlertWakeInput", &json!({})).await;
        assert_eq!(done["alert"]["state"], "FIRING", "{done:#}");
        assert_eq!(done["alert"]["snoozedUntil"], Value::Null);
        assert_eq!(done["alert"]["events"]["nodes"].as_array().map(Vec::len), Some(3));
        assert_eq!(data(&app, Who::HubLead, snoozed).await["alerts"]["totalCount"], 0);
        let again = act(&app, Who::HubLead, "alertWake", "AlertWakeInput", &json!({})).await;
        assert_eq!(again["userErrors"], json!([{ "code": "CONFLICT", "field": "alertId" }]));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_day_or_no_reason_is_refused_and_schools_and_evaluators_find_no_alert() {
    both(async |world| {
        let app = app(&world).await;
        let wish = |until: &str, reason: &str| json!({ "until": until, "reason": reason });
        for (who, wish, code, field) in [
            (Who::HubLead, wish("2026-10-05", "Later"), "INVALID", "until"),
            (Who::HubLead, wish("2027-01-04", "Later"), "INVALID", "until"),
            (Who::HubLead, wish("2026-10-19", " "), "INVALID", "reason"),
            (Who::SchoolUser, wish("2026-10-19", "Later"), "NOT_FOUND", "alertId"),
            (Who::Evaluator, wish("2026-10-19", "Later"), "NOT_FOUND", "alertId"),
        ] {
            let done = act(&app, who, "alertSnooze", "AlertSnoozeInput", &wish).await;
            let expected = json!([{ "code": code, "field": field }]);
            assert_eq!(done["userErrors"], expected, "{who:?} {wish}");
        }
        for who in [Who::SchoolUser, Who::Evaluator] {
            let done = act(&app, who, "alertWake", "AlertWakeInput", &json!({})).await;
            assert_eq!(done["userErrors"][0]["code"], "NOT_FOUND", "{who:?}");
        }
        let seen = data(&app, Who::HubLead, "{ alerts { nodes { state version } } }").await;
        assert_eq!(seen["alerts"]["nodes"], json!([{ "state": "FIRING", "version": 1 }]));
    })
    .await;
}

#[tokio::test]
async fn alerts_are_found_by_what_they_are_about_and_nobody_sees_one_only_just_noticed() {
    both(async |world| {
        let app = app(&world).await;
        let count = async |filter: &str| {
            let query = format!("{{ alerts(filter: {{ {filter} }}) {{ totalCount }} }}");
            data(&app, Who::Admin, &query).await["alerts"]["totalCount"].as_u64()
        };
        assert_eq!(count("subjectKind: ENROLMENT").await, Some(2));
        assert_eq!(count("subjectKind: HUB").await, Some(0));
        assert_eq!(count("period: \"autumn\"").await, Some(2));
        assert_eq!(count("period: \"whole\"").await, Some(0));
        assert_eq!(count("open: true").await, Some(2));
        assert_eq!(count("open: false").await, Some(0));
        let north = format!("region: \"{}\"", global("Region", NORTH));
        assert_eq!(count(&north).await, Some(1));
        assert_eq!(count("state: PENDING").await, Some(0));
        for who in ALL {
            let query = "query($id: ID!) { node(id: $id) { id } }";
            let noticed = json!({ "id": global("EngagementAlert", id(82)) });
            let response = ask(&app, who, query, noticed).await;
            assert_eq!(response["data"]["node"], Value::Null, "{who:?}");
        }
    })
    .await;
}
