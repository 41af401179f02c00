//! What values come to: of variables, of arguments, of our own scalars.

use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tests::both;

use crate::seed::{ENROLMENT_BIRCH, HUB_NORTH, Who, app, ask, data, global};

#[tokio::test]
async fn a_number_is_whole_and_an_id_an_id_however_they_are_written() {
    both(async |world| {
        let app = app(&world).await;
        let query = "query($n: Int, $id: ID!, $key: [ObligationState!] = OPEN) {
            hubs(first: $n) { nodes { name } }
            node(id: $id) { id }
            other: node(id: 7) { id }
            obligations(filter: { state: $key }) { totalCount }
        }";
        let response = ask(&app, Who::Admin, query, json!({ "n": 1.0, "id": 7 })).await;
        let expected = json!({ "data": {
            "hubs": { "nodes": [{ "name": "London Hub" }] },
            "node": null,
            "other": null,
            "obligations": { "totalCount": 6 }
        } });
        assert_eq!(response, expected, "{}", world.name);
        for variables in [json!({ "n": 1.5, "id": "" }), json!({ "n": 1, "id": 1.5 })] {
            let response = ask(&app, Who::Admin, query, variables).await;
            assert_eq!(response.get("data"), None, "{response:#}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_null_where_none_is_taken_fails_that_field_alone() {
    both(async |world| {
        let app = app(&world).await;
        let query = "query($order: HubOrder = NAME_ASC, $id: ID = \"x\", $ids: [ID!]! = []) {
            hubs(orderBy: $order) { totalCount }
            nodes(ids: [$id]) { id }
            regions(first: 1) { nodes { hubs(orderBy: $order) { totalCount } } }
            none: nodes(ids: $ids) { id }
        }";
        let null = json!({ "order": null, "id": null });
        let mut response = ask(&app, Who::Admin, query, null).await;
        let expected = json!({
            "hubs": null, "nodes": null, "regions": { "nodes": [{ "hubs": null }] }, "none": []
        });
        assert_eq!(response["data"].take(), expected, "{}", world.name);
        let errors = response["errors"].as_array().expect("errors").iter();
        let paths: Vec<Value> = errors.map(|error| error["path"].clone()).collect();
        let expected = [json!(["hubs"]), json!(["nodes"]), json!(["regions", "nodes", 0, "hubs"])];
        assert_eq!(paths, expected);
    })
    .await;
}

#[tokio::test]
async fn a_condition_that_is_null_is_refused() {
    both(async |world| {
        let app = app(&world).await;
        let query = "query($if: Boolean = true) { hubs @include(if: $if) { totalCount } }";
        let response = ask(&app, Who::Admin, query, json!({ "if": null })).await;
        assert_eq!(response.get("data"), None, "{response:#}");
        let message = response["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains("@include is null"), "{message}");
    })
    .await;
}

#[tokio::test]
async fn a_day_or_moment_is_looked_at_wherever_it_stands() {
    both(async |world| {
        let app = app(&world).await;
        let list = |filter: &str| format!("obligations(filter: {{ {filter} }}) {{ totalCount }}");
        let skipped = format!(
            "{{ hubs {{ totalCount }} {} }}",
            list("dueFrom: \"soon\"").replace(") {", ") @skip(if: true) {")
        );
        let unused = "query($day: Date = \"2026-02-30\") {
            obligations(filter: { dueFrom: $day }) { totalCount } }";
        let variable = "query($day: Date, $filter: VisitFilter) {
            obligations(filter: { dueFrom: $day }) { totalCount }
            visits(filter: $filter) { totalCount } }";
        for (query, variables, says) in [
            (skipped.as_str(), json!({}), "filter.dueFrom is a date like 2026-10-05, not \"soon\""),
            (unused, json!({}), "$day is a date like"),
            (variable, json!({ "day": 5 }), "$day is a text of type Date, not 5"),
            (variable, json!({ "day": "12000-01-01" }), "$day is a date like"),
            (variable, json!({ "day": "0000-01-01" }), "$day is a date like"),
            (
                variable,
                json!({ "filter": { "startsFrom": "+20000-01-01T00:00:00Z" } }),
                "$filter.startsFrom is a moment like",
            ),
            (variable, json!({ "filter": { "from": 1 } }), "$filter.from is unknown"),
        ] {
            let response = ask(&app, Who::Admin, query, variables).await;
            assert_eq!(response.get("data"), None, "{query}\n{response:#}");
            let message = response["errors"][0]["message"].as_str().unwrap_or_default();
            assert!(message.contains(says), "{query}: {message}");
        }
        let far =
            json!({ "day": "9999-12-31", "filter": { "startsFrom": "0001-01-01T00:00:00Z" } });
        let response = ask(&app, Who::Admin, variable, far).await;
        assert_eq!(response["data"]["obligations"]["totalCount"], 0, "{}", world.name);
        assert_ne!(response["data"]["visits"]["totalCount"], 0, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_variable_stands_only_where_its_type_fits_however_deep() {
    both(async |world| {
        let app = app(&world).await;
        for (query, says) in [
            ("query($v: [ID]) { nodes(ids: [$v]) { id } }", "[ID] is used where ID! is expected"),
            ("query($v: ID) { nodes(ids: [$v]) { id } }", "ID is used where ID! is expected"),
            ("query($v: ID = null) { node(id: $v) { id } }", "ID is used where ID! is expected"),
            (
                "query($v: ObligationState) {
                    obligations(filter: { state: [$v] }) { totalCount } }",
                "ObligationState is used where ObligationState! is expected",
            ),
            (
                "query($v: [String]) { hubs { ...f } }
                    fragment f on HubConnection { nodes { programme {
                        hubs(filter: { key: $v }) { totalCount } } } }",
                "[String] is used where String is expected",
            ),
            ("{ hubs(first) { totalCount } }", "\"first\" has no value"),
            ("{ hubs(filter: { key: \"a\", key: \"b\" }) { totalCount } }", "given twice"),
            (
                "{ nodes(ids: [\"x\"]) { id } nodes(ids: [\"x\", \"y\"]) { id } }",
                "nodes is selected twice with different arguments",
            ),
        ] {
            let response = ask(&app, Who::Admin, query, json!({})).await;
            assert_eq!(response.get("data"), None, "{query}\n{response:#}");
            let message = response["errors"][0]["message"].as_str().unwrap_or_default();
            assert!(message.contains(says), "{query}: {message}");
        }
        let query = "query($v: ID = \"x\", $o: HubOrder) {
            nodes(ids: [$v]) { id } hubs(orderBy: $o) { totalCount } }";
        let response = ask(&app, Who::Admin, query, json!({})).await;
        assert_eq!(response, json!({ "data": { "nodes": [null], "hubs": { "totalCount": 2 } } }));
    })
    .await;
}

#[tokio::test]
async fn a_text_is_found_whatever_its_letters_and_however_long() {
    both(async |world| {
        let app = app(&world).await;
        let rename = "UPDATE school SET name = 'Ysgol É Ŵyr' WHERE urn = 900001";
        world.db.migrator().execute_unprepared(rename).await.expect("an update");
        let query =
            "query($text: String) { schools(filter: { nameContains: $text }) { totalCount } }";
        for (text, found) in
            [("É", 1), ("é", 1), ("ysgol é ŵYR", 1), ("Ŵ", 1), ("ê", 0), ("\u{0}", 0)]
        {
            let response = ask(&app, Who::Admin, query, json!({ "text": text })).await;
            let total = &response["data"]["schools"]["totalCount"];
            assert_eq!(*total, found, "{} {text}: {response}", world.name);
        }
        let long = json!({ "text": "%_\\".repeat(25_000) });
        let response = ask(&app, Who::Admin, query, long).await;
        assert_eq!(response["data"]["schools"]["totalCount"], 0, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn what_an_alert_is_about_is_one_of_a_union() {
    both(async |world| {
        let app = app(&world).await;
        let query = "{ alerts(first: 1, filter: { hub: \"HUB\" }) { nodes { subject {
            ... on Hub { name } __typename
            ... on Enrolment { hub { name } } ... on AlertConcern { ... on Node { id } }
        } } } }";
        let query = query.replace("HUB", &global("Hub", HUB_NORTH));
        let about = json!({
            "__typename": "Enrolment",
            "hub": { "name": "North Hub" },
            "id": global("Enrolment", ENROLMENT_BIRCH)
        });
        let seen = data(&app, Who::HubLead, &query).await;
        assert_eq!(seen["alerts"]["nodes"], json!([{ "subject": about }]), "{}", world.name);
        let about_hub = "UPDATE engagement_alert SET subject_id = hub_id
            WHERE hub_id = (SELECT id FROM hub WHERE key = 'north')";
        world.db.migrator().execute_unprepared(about_hub).await.expect("an update");
        let seen = data(&app, Who::HubLead, &query).await;
        let about = json!({
            "name": "North Hub", "__typename": "Hub", "id": global("Hub", HUB_NORTH)
        });
        assert_eq!(seen["alerts"]["nodes"], json!([{ "subject": about }]), "{}", world.name);
    })
    .await;
}
