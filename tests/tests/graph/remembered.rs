//! Documents and plans are remembered: what is asked again is answered as if it were new, by
//! whoever, about whatever, at any moment.

use api::app::App;
use api::read::{Request, answer};
use chrono::{DateTime, TimeDelta, Utc};
use entity::people::principal;
use entity::scope::Scope;
use runtime::reads::{Ask, Rows};
use serde_json::{Value, json};
use tests::both;
use uuid::Uuid;

use crate::seed::{ALL, ENROLMENT_BIRCH, HUB_LONDON, HUB_NORTH, Who, app, ask, global};

/// Something of everybody's, filtered by the moment as well.
const EVERYTHING: &str = "query everything($hub: ID, $first: Int) {
    viewer { name roles { nodes { role } } }
    hubs(first: $first) { totalCount nodes { id name leadSetting { name contacts { nodes { id } } } } }
    enrolments(first: $first, filter: { hub: $hub }) {
        totalCount
        nodes { id hub { name } partner { name } obligations(filter: { overdue: true }) {
            totalCount nodes { id title overdue }
        } }
    }
    alerts(filter: { hub: $hub }) { nodes { id summary hub { name } } }
    events(filter: { published: true }) { nodes { id } }
    surveyCampaigns { nodes { id } }
    people { nodes { id } }
}";

/// Asks what was asked before, and the same in a document that nobody has seen.
async fn again_and_anew(app: &App, who: Who, now: DateTime<Utc>, variables: &Value) -> [Value; 2] {
    let viewer = principal::viewer(app.db.reader(), who.person()).await.expect("roles");
    let scope = Scope::Viewer(viewer);
    let unseen = format!("{EVERYTHING} # {}", Uuid::new_v4());
    let mut answers = [Value::Null, Value::Null];
    for (query, place) in [EVERYTHING, &unseen].into_iter().zip(&mut answers) {
        let request = json!({ "query": query, "variables": variables });
        let request: Request = serde_json::from_value(request).expect("a request");
        let answered = answer(app, &scope, now, &request, false).await;
        *place = serde_json::from_slice(&answered.body).expect("JSON");
    }
    answers
}

#[tokio::test]
async fn a_plan_that_is_used_again_answers_each_viewer_id_and_moment_as_a_new_one_would() {
    both(async |world| {
        let app = app(&world).await;
        let now = app.clock.now();
        let mut seen = Vec::new();
        for hub in [Value::Null, json!(global("Hub", HUB_NORTH)), json!(global("Hub", HUB_LONDON))]
        {
            for moment in [now, now - TimeDelta::days(60), now + TimeDelta::days(60)] {
                for who in ALL {
                    let variables = json!({ "hub": hub, "first": 10 });
                    let [again, anew] = again_and_anew(&app, who, moment, &variables).await;
                    assert_eq!(again.get("errors"), None, "{again:#}");
                    assert_eq!(again, anew, "{who:?} at {moment} with {variables}");
                    seen.push(again.to_string());
                }
            }
        }
        seen.sort();
        seen.dedup();
        assert!(seen.len() > 12, "the answers are too alike to show anything: {}", seen.len());
    })
    .await;
}

#[tokio::test]
async fn an_id_of_another_type_in_the_same_variable_is_not_taken_for_the_first() {
    both(async |world| {
        let app = app(&world).await;
        let query = "query ($id: ID!) { node(id: $id) { __typename id } }";
        for (of, row) in [("Hub", HUB_NORTH), ("Enrolment", ENROLMENT_BIRCH), ("Hub", HUB_LONDON)] {
            let id = global(of, row);
            let answer = ask(&app, Who::Admin, query, json!({ "id": id })).await;
            assert_eq!(answer, json!({ "data": { "node": { "__typename": of, "id": id } } }));
        }
        for id in ["nobody's", "", &global("Hub", ENROLMENT_BIRCH), &global("Nothing", HUB_NORTH)] {
            let answer = ask(&app, Who::Admin, query, json!({ "id": id })).await;
            assert_eq!(answer, json!({ "data": { "node": null } }), "{id}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_marks_in_a_plan_are_the_id_of_nobody_elses_row() {
    both(async |world| {
        let app = app(&world).await;
        for kind in 0..8_u64 {
            for number in 0..3 {
                let mark = Uuid::from_u64_pair(0x4d61_726b_0000_0000, (kind << 32) | number);
                let id = global("Hub", mark);
                for who in ALL {
                    let own = "{ hubs { nodes { id } } }";
                    let own = ask(&app, who, own, json!({})).await["data"]["hubs"]["nodes"].take();
                    let literal = format!("{{ node(id: \"{id}\") {{ id }} }}");
                    let found = ask(&app, who, &literal, json!({})).await["data"]["node"].take();
                    let own = own.as_array().expect("a list");
                    assert!(found.is_null() || own.contains(&found), "{who:?}: {found}");
                    let query = "query ($id: ID!) { node(id: $id) { id } }";
                    let found = ask(&app, who, query, json!({ "id": id })).await;
                    assert_eq!(found, json!({ "data": { "node": null } }));
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn more_statements_than_a_connection_remembers_are_answered_in_batches_of_any_size() {
    both(async |world| {
        let app = app(&world).await;
        let mut next = 0..1_400_usize;
        for size in [1, 7, 64, 13, 900].into_iter().cycle() {
            let batch: Vec<_> = next.by_ref().take(size).collect();
            if batch.is_empty() {
                break;
            }
            let asks = batch.iter().map(|number| Ask {
                text: format!("SELECT 'statement {number}'").into(),
                values: Vec::new(),
            });
            let mut snapshot = app.db.reads().snapshot().await.expect("a snapshot");
            let found = snapshot.ask(asks.collect(), 1_000, false).await.expect("answers");
            let texts: Vec<_> = found.iter().flat_map(Rows::iter).collect();
            let texts: Vec<_> = texts.iter().map(|row| row.text(0).expect("a text")).collect();
            let expected: Vec<_> =
                batch.iter().map(|number| Some(format!("statement {number}"))).collect();
            assert_eq!(texts, expected.iter().map(Option::as_deref).collect::<Vec<_>>());
        }
    })
    .await;
}

#[tokio::test]
async fn an_id_of_a_type_whose_name_no_database_holds_is_refused_before_it_is_asked_for() {
    both(async |world| {
        let app = app(&world).await;
        let query = "query ($id: ID!) { auditEntries(filter: { node: $id }) { nodes { id } } }";
        let id = global("a\0b", HUB_NORTH);
        let answer = ask(&app, Who::Admin, query, json!({ "id": id })).await;
        assert_eq!(answer["errors"][0]["message"], "filter.node is no id of the graph");
    })
    .await;
}
