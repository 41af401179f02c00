//! What queries answer.

use serde_json::{Value, json};
use tests::both;

use crate::seed::{ENROLMENT_BIRCH, HUB_LONDON, HUB_NORTH, NORTH, Who, app, ask, data, global, id};

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

/// Walks a list in pages of two and returns the titles of each page.
async fn walk(app: &api::app::App, order: &str, forwards: bool) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let (size, from) = if forwards { ("first", "after") } else { ("last", "before") };
        let query = format!(
            "query($id: ID!, $cursor: String) {{ node(id: $id) {{ ... on Enrolment {{
                obligations({size}: 2, {from}: $cursor, orderBy: {order}) {{
                    edges {{ cursor node {{ title }} }}
                    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
                }}
            }} }} }}"
        );
        let variables = json!({ "id": global("Enrolment", ENROLMENT_BIRCH), "cursor": cursor });
        let response = ask(app, Who::HubLead, &query, variables).await;
        let list = &response["data"]["node"]["obligations"];
        let edges = list["edges"].as_array().expect("edges");
        pages.push(edges.iter().map(|edge| edge["node"]["title"].to_string()).collect());
        let page = &list["pageInfo"];
        assert_eq!(page["startCursor"], edges[0]["cursor"]);
        assert_eq!(page["endCursor"], edges[edges.len() - 1]["cursor"]);
        let (more, next) = if forwards {
            (&page["hasNextPage"], &page["endCursor"])
        } else {
            (&page["hasPreviousPage"], &page["startCursor"])
        };
        if more == false {
            return pages;
        }
        cursor = next.clone();
    }
}

#[tokio::test]
async fn a_list_is_paged_forwards_and_backwards_in_either_order() {
    both(async |world| {
        let app = app(&world).await;
        let titles = |pages: &[&[u8]]| -> Vec<Vec<String>> {
            let title = |number: &u8| format!("\"Obligation {number}\"");
            pages.iter().map(|page| page.iter().map(title).collect()).collect()
        };
        let walked = walk(&app, "DUE_AT_ASC", true).await;
        assert_eq!(walked, titles(&[&[0, 1], &[2, 3], &[4]]));
        let walked = walk(&app, "DUE_AT_DESC", true).await;
        assert_eq!(walked, titles(&[&[4, 3], &[2, 1], &[0]]));
        let walked = walk(&app, "DUE_AT_ASC", false).await;
        assert_eq!(walked, titles(&[&[3, 4], &[1, 2], &[0]]));
        // All five changed at the same moment: ids decide.
        let walked = walk(&app, "CHANGED_AT_DESC", true).await;
        assert_eq!(walked, titles(&[&[4, 3], &[2, 1], &[0]]));
    })
    .await;
}

#[tokio::test]
async fn each_parent_has_its_own_page_and_its_own_end() {
    both(async |world| {
        let app = app(&world).await;
        let query = "{ hubs { nodes { obligations(last: 1) {
            nodes { title } totalCount pageInfo { hasPreviousPage hasNextPage }
        } } } }";
        let list = |title: &str, total: i32, more: bool| {
            json!({ "obligations": {
                "nodes": [{ "title": title }], "totalCount": total,
                "pageInfo": { "hasPreviousPage": more, "hasNextPage": false }
            } })
        };
        let expected = [list("Obligation 5", 1, false), list("Obligation 6", 6, true)];
        let seen = data(&app, Who::Admin, query).await;
        assert_eq!(seen["hubs"]["nodes"], json!(expected));
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

/// Every field without arguments and every list of a type, one level deep.
fn everything(gate: &api::read::gate::Gate, type_name: &str) -> String {
    let schema = gate.schema();
    let object = schema.get_object(type_name).expect("an object type");
    let mut selection = String::new();
    for (name, field) in &object.fields {
        let inner = field.ty.inner_named_type();
        selection.push_str(name);
        if schema.types.get(inner).is_some_and(|ty| !ty.is_leaf()) {
            let below = if inner.ends_with("Connection") {
                " { totalCount edges { cursor node { id } } pageInfo { endCursor } }"
            } else {
                " { __typename }"
            };
            selection.push_str(below);
        }
        selection.push(' ');
    }
    selection
}

#[tokio::test]
async fn every_field_and_every_order_of_every_type_can_be_read() {
    both(async |world| {
        let app = app(&world).await;
        let graph = api::schema::graph().expect("the schema");
        for of in &api::schema::map().types {
            let Some(root) = of.root else { continue };
            let fields = everything(&graph.gate, of.name);
            for order in &of.orders {
                let query = format!(
                    "{{ {}(orderBy: {}_DESC) {{ edges {{ cursor node {{ {fields} }} }} }} }}",
                    root.name, order.name
                );
                let seen = data(&app, Who::Admin, &query).await;
                let edges = seen[root.name]["edges"].as_array().expect("edges");
                assert!(!edges.is_empty(), "the seed has no {}", of.name);
                let query = format!(
                    "query($after: String) {{
                        {}(orderBy: {}_DESC, after: $after) {{ nodes {{ id }} }} }}",
                    root.name, order.name
                );
                let after = json!({ "after": edges[0]["cursor"] });
                let rest = ask(&app, Who::Admin, &query, after).await;
                let rest = rest["data"][root.name]["nodes"].as_array().map(Vec::len);
                assert_eq!(rest, Some(edges.len() - 1), "{} by {}", root.name, order.name);
            }
        }
    })
    .await;
}

#[test]
fn lists_are_ordered_by_columns_that_are_never_empty() {
    for of in &api::schema::map().types {
        assert!(!of.orders.is_empty(), "{} has no order", of.name);
        for order in &of.orders {
            let shown = of.fields.iter().find_map(|field| match &field.kind {
                api::read::map::Kind::Column { column, nullable, .. }
                    if *column == order.column =>
                {
                    Some(*nullable)
                }
                _ => None,
            });
            assert_eq!(shown, Some(false), "{} of {}", order.name, of.name);
        }
    }
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

#[tokio::test]
async fn the_schema_describes_itself() {
    both(async |world| {
        let app = app(&world).await;
        let query = r#"{
            __type(name: "Hub") { kind description fields { name } }
            hubs { totalCount }
            __schema { queryType { name } }
        }"#;
        let seen = data(&app, Who::Evaluator, query).await;
        assert_eq!(seen["__type"]["kind"], "OBJECT");
        assert_eq!(seen["__type"]["fields"][0]["name"], "id");
        assert_eq!(seen["hubs"]["totalCount"], 0);
        assert_eq!(seen["__schema"]["queryType"]["name"], "Query");
    })
    .await;
}

#[test]
fn the_committed_schema_is_the_one_served() {
    let committed = std::fs::read_to_string(tests::programs::root().join("schema.graphql"));
    let committed = committed.expect("schema.graphql is committed");
    assert!(
        committed == api::schema::sdl(),
        "schema.graphql is out of date: `cargo run -p api -- schema > schema.graphql`"
    );
}

#[test]
fn everything_in_the_schema_is_described() {
    let graph = api::schema::graph().expect("the schema");
    for (name, ty) in &graph.gate.schema().types {
        if ty.is_built_in() {
            continue;
        }
        let described = |place: &str, text: Option<&str>| {
            assert!(text.is_some_and(|text| !text.is_empty()), "{place} is not described");
        };
        // The roots' meaning is in their fields.
        if !["Query", "Mutation"].contains(&name.as_str()) {
            described(name, ty.description().map(|text| &**text));
        }
        if let Some(object) = graph.gate.schema().get_object(name) {
            for (field, definition) in &object.fields {
                let text = definition.description.as_deref();
                described(&format!("{name}.{field}"), text);
            }
        }
    }
}
