//! What queries answer.

use serde_json::{Value, json};
use tests::both;

use crate::seed::{HUB_LONDON, HUB_NORTH, NORTH, Who, app, ask, data, global, id};

#[tokio::test]
async fn one_query_reads_from_the_programme_down_to_what_is_overdue() {
    both(async |world| {
        let app = app(&world).await;
        let query = r#"{
            programmes(filter: { key: "invented" }) { nodes {
                name
                cohorts { nodes { name terms { nodes { ordinal startsOn } } } }
                hubs(orderBy: NAME_DESC) { totalCount nodes {
                    name
                    region { code }
                    leadSetting { kind name school { urn percentFsm } }
                    enrolments(orderBy: ENROLLED_ON_ASC) { totalCount nodes {
                        status
                        partner { name trust { name } }
                        academies(orderBy: NAME_DESC) { nodes { name } }
                        obligations(first: 2, filter: { state: OPEN }) {
                            totalCount
                            nodes { title dueOn dueAt overdue state }
                            pageInfo { hasNextPage hasPreviousPage }
                        }
                    } }
                } }
            } }
        }"#;
        let obligation = |title: &str, day: &str, at: &str, overdue: bool| {
            json!({ "title": title, "dueOn": day, "dueAt": at, "overdue": overdue, "state": "OPEN" })
        };
        let none = json!({
            "totalCount": 0, "nodes": [],
            "pageInfo": { "hasNextPage": false, "hasPreviousPage": false }
        });
        let lead = |name: &str, urn: i32| {
            json!({ "kind": "SCHOOL", "name": name, "school": { "urn": urn, "percentFsm": 12.5 } })
        };
        let expected = json!({ "programmes": { "nodes": [{
            "name": "Invented Programme",
            "cohorts": { "nodes": [{ "name": "Autumn", "terms": { "nodes": [
                { "ordinal": 1, "startsOn": "2026-09-03" },
                { "ordinal": 2, "startsOn": "2027-01-04" },
                { "ordinal": 3, "startsOn": "2027-04-12" }
            ] } }] },
            "hubs": { "totalCount": 2, "nodes": [
                {
                    "name": "North Hub",
                    "region": { "code": "A" },
                    "leadSetting": lead("Elm School", 900_001),
                    "enrolments": { "totalCount": 2, "nodes": [
                        {
                            "status": "ACTIVE",
                            "partner": { "name": "Birch \"Hill\" School", "trust": null },
                            "academies": { "nodes": [] },
                            "obligations": {
                                "totalCount": 4,
                                "nodes": [
                                    obligation("Obligation 0", "2026-10-01", "2026-10-01T23:00:00Z", true),
                                    obligation("Obligation 2", "2026-10-12", "2026-10-12T23:00:00Z", false)
                                ],
                                "pageInfo": { "hasNextPage": true, "hasPreviousPage": false }
                            }
                        },
                        {
                            "status": "ACTIVE",
                            "partner": { "name": "Orchard Trust", "trust": { "name": "Orchard Trust" } },
                            "academies": { "nodes": [{ "name": "Damson Academy" }, { "name": "Alder Academy" }] },
                            "obligations": none
                        }
                    ] }
                },
                {
                    "name": "London Hub",
                    "region": { "code": "H" },
                    "leadSetting": lead("Fir School", 900_002),
                    "enrolments": { "totalCount": 1, "nodes": [{
                        "status": "ACTIVE",
                        "partner": { "name": "Cedar School", "trust": null },
                        "academies": { "nodes": [] },
                        "obligations": {
                            "totalCount": 1,
                            "nodes": [obligation("Obligation 5", "2026-10-02", "2026-10-02T23:00:00Z", true)],
                            "pageInfo": { "hasNextPage": false, "hasPreviousPage": false }
                        }
                    }] }
                }
            ] }
        }] } });
        assert_eq!(data(&app, Who::Admin, query).await, expected, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn equal_keys_merge_aliases_part_and_directives_decide() {
    both(async |world| {
        let app = app(&world).await;
        let query = "query($yes: Boolean! = true, $no: Boolean = false) {
            __typename
            hubs(first: 1) { nodes { ...names region { code } } }
            again: hubs(first: 1, orderBy: NAME_DESC) { nodes { title: name } }
            hubs(first: 1) { nodes {
                region { name ... @skip(if: $yes) { code id } }
                key @include(if: $no)
                __typename
                ... on Node { ... on Hub { version } }
            } }
        }
        fragment names on Hub { name ... on Hub { wave @skip(if: $no) } }";
        let seen = data(&app, Who::Admin, query).await;
        // As text, since the order counts.
        let expected = concat!(
            r#"{"__typename":"Query","#,
            r#""hubs":{"nodes":[{"name":"London Hub","wave":null,"#,
            r#""region":{"code":"H","name":"London"},"__typename":"Hub","version":1}]},"#,
            r#""again":{"nodes":[{"title":"North Hub"}]}}"#
        );
        assert_eq!(seen.to_string(), expected);
    })
    .await;
}

#[tokio::test]
async fn nodes_are_found_by_id_in_the_order_asked() {
    both(async |world| {
        let app = app(&world).await;
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) {
            id ... on Hub { name } ... on Region { name hubs { nodes { name } } }
        } }";
        let [north, london, region] =
            [global("Hub", HUB_NORTH), global("Hub", HUB_LONDON), global("Region", NORTH)];
        let ids = json!({ "ids": [london, "nobody's", region, north, london] });
        let response = ask(&app, Who::Admin, query, ids).await;
        let hub = |id: &str, name: &str| json!({ "id": id, "name": name });
        let region = json!({
            "id": region, "name": "North East", "hubs": { "nodes": [{ "name": "North Hub" }] }
        });
        let expected = json!([
            hub(&london, "London Hub"),
            null,
            region,
            hub(&north, "North Hub"),
            hub(&london, "London Hub")
        ]);
        assert_eq!(response, json!({ "data": { "nodes": expected } }));
    })
    .await;
}

#[tokio::test]
async fn filters_narrow_and_combine() {
    both(async |world| {
        let app = app(&world).await;
        let count = async |list: &str, filter: &str| -> Value {
            let query = format!("{{ {list}(filter: {{ {filter} }}) {{ totalCount }} }}");
            data(&app, Who::Admin, &query).await[list]["totalCount"].clone()
        };
        assert_eq!(count("obligations", "overdue: true").await, 2);
        assert_eq!(count("obligations", "overdue: false").await, 5);
        assert_eq!(count("obligations", "state: [MET, OPEN]").await, 7);
        assert_eq!(count("obligations", "state: []").await, 0);
        let window = r#"dueFrom: "2026-10-02", dueBefore: "2026-10-13""#;
        assert_eq!(count("obligations", window).await, 3);
        assert_eq!(count("obligations", "owedBy: HUB").await, 1);
        let partner = global("Setting", crate::seed::PARTNER_BIRCH);
        assert_eq!(count("obligations", &format!("partner: \"{partner}\"")).await, 5);
        assert_eq!(count("schools", r#"nameContains: "SCHOOL""#).await, 4);
        assert_eq!(count("schools", r#"nameContains: "%""#).await, 0);
        let wide = r#"nameContains: "a", phase: [SECONDARY, ALL_THROUGH]"#;
        assert_eq!(count("schools", wide).await, 2);
        assert_eq!(count("hubs", "open: true").await, 2);
        assert_eq!(count("hubs", "open: false, key: null").await, 0);
        let since = r#"raisedFrom: "2026-10-05T02:00:00.25+01:00""#;
        assert_eq!(count("alerts", since).await, 2);
        let before = r#"raisedBefore: "2026-10-05T01:00:00.250Z""#;
        assert_eq!(count("alerts", before).await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_alert_shows_its_evidence_and_a_message_its_story() {
    both(async |world| {
        let app = app(&world).await;
        let query = "{ alerts { nodes {
            rule subjectKind raisedAt hub { name }
            evidence { __typename fact obligation { title reminders { nodes {
                state step person { name } message { subject events { nodes { state detail } } }
            } } } }
        } } }";
        let expected = json!({ "alerts": { "nodes": [{
            "rule": "OVERDUE_OBLIGATION",
            "subjectKind": "ENROLMENT",
            "raisedAt": "2026-10-05T01:00:00.250Z",
            "hub": { "name": "North Hub" },
            "evidence": [{
                "__typename": "AlertEvidence",
                "fact": "Due on 1 October",
                "obligation": {
                    "title": "Obligation 0",
                    "reminders": { "nodes": [{
                        "state": "SENT", "step": "after_3",
                        "person": { "name": "SchoolUser Example" },
                        // It is about this hub's business alone.
                        "message": {
                            "subject": "Due soon",
                            "events": { "nodes": [
                                { "state": "ACCEPTED", "detail": "taken by the mail server" }
                            ] }
                        }
                    }] }
                }
            }]
        }] } });
        assert_eq!(data(&app, Who::HubLead, query).await, expected);
        let query = "{ viewer { name roles { nodes { role setting { name } } }
            messages { nodes { state events { nodes { state detail } } } } } }";
        let expected = json!({ "viewer": {
            "name": "SchoolUser Example",
            "roles": { "nodes": [
                { "role": "SCHOOL_USER", "setting": { "name": "Birch \"Hill\" School" } }
            ] },
            "messages": { "nodes": [{
                "state": "ACCEPTED",
                "events": { "nodes": [
                    { "state": "ACCEPTED", "detail": "taken by the mail server" }
                ] }
            }] }
        } });
        assert_eq!(data(&app, Who::SchoolUser, query).await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_value_that_cannot_be_shown_is_null_at_the_nearest_place_that_may_be() {
    both(async |world| {
        use sea_orm::ConnectionTrait as _;
        let app = app(&world).await;
        let spoil = "UPDATE obligation SET kind = 'unheard_of' WHERE title = 'Obligation 5'";
        let db = world.db.migrator();
        db.execute_unprepared(spoil).await.expect("an update");
        let query = "{ hubs { nodes { name obligations { nodes { kind } } } }
            node: node(id: \"nobody's\") { id } }";
        let response = ask(&app, Who::Admin, query, json!({})).await;
        assert_eq!(
            response["data"]["hubs"]["nodes"][0],
            json!({ "name": "London Hub", "obligations": null })
        );
        assert_eq!(
            response["data"]["hubs"]["nodes"][1]["obligations"]["nodes"][0]["kind"],
            "SELF_ASSESSMENT"
        );
        let errors = response["errors"].as_array().expect("errors");
        assert_eq!(errors.len(), 1);
        let path = json!(["hubs", "nodes", 0, "obligations", "nodes", 0, "kind"]);
        assert_eq!(errors[0]["path"], path);
        assert_eq!(id(50), HUB_NORTH);
    })
    .await;
}
