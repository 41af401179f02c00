//! What is told to whom, once and in order, and what was missed.

use api::app::App;
use api::http::principal::hash;
use chrono::TimeDelta;
use entity::enrolments::obligation;
use entity::id::new_id;
use entity::people::{role_grant, tokens};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};
use serde_json::{Value, json};
use tests::both;
use tests::socket::Socket;

use super::{ALERTS, Server, from_the_start, told, version_of};
use crate::seed::{ALERT_LONDON, ALERT_NORTH, ALL, ENROLMENT_CEDAR, HUB_LONDON, Who, global, id};

/// Rows that each role is told of, as in `ACCESS`.
const ACCESS: &[(&str, &str, [usize; 5])] = &[
    ("alertChanged", "alert", [2, 1, 1, 0, 0]),
    ("visitChanged", "visit", [3, 2, 2, 1, 0]),
    ("messageChanged", "message", [2, 1, 1, 1, 0]),
    ("campaignProgress", "invitation", [2, 1, 1, 1, 0]),
];

#[tokio::test]
async fn every_feed_tells_each_role_of_its_rows_and_no_others() {
    both(async |world| {
        let server = Server::over(&world).await;
        for (feed, node, expected) in ACCESS {
            for (who, expected) in ALL.into_iter().zip(expected) {
                let query = format!(
                    "subscription($after: String) {{ {feed}(after: $after) {{ {node} {{ id }} }} }}"
                );
                let mut socket = server.socket(who).await;
                let after = json!({ "after": from_the_start(feed) });
                socket.subscribe("a", &query, after).await;
                let mut seen = 0;
                while !socket.data("a").await[feed][node].is_null() {
                    seen += 1;
                }
                assert_eq!(seen, *expected, "{feed} as {who:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_overdue_is_so_at_the_moment_of_the_event() {
    const OVERDUE: &str = "subscription { told: alertChanged { cursor alert {
        hub { obligations(first: 50, filter: { overdue: true }) { totalCount nodes { overdue } } }
    } } }";
    both(async |world| {
        let server = Server::over(&world).await;
        let soon = server.app.clock.now() + TimeDelta::minutes(30);
        let txn = world.db.write().await.expect("a transaction");
        obligation::Entity::update_many()
            .col_expr(obligation::Column::DueAt, Expr::value(soon))
            .filter(obligation::Column::DueOn.gt(soon.date_naive()))
            .exec(&txn)
            .await
            .expect("due soon");
        txn.commit().await.expect("a commit");
        let mut socket = server.socket(Who::HubLead).await;
        socket.subscribe("a", OVERDUE, json!({})).await;
        assert_eq!(told(&mut socket).await.0, Value::Null);
        let mut counts = Vec::new();
        for minutes in [0, 45] {
            world.clock.set(world.clock.now() + TimeDelta::minutes(minutes));
            server.change(1_000, server.app.clock.now(), 2).await;
            let overdue = &told(&mut socket).await.0["hub"]["obligations"];
            let nodes = overdue["nodes"].as_array().expect("obligations");
            assert!(nodes.iter().all(|node| node["overdue"] == true), "{overdue}");
            assert_eq!(overdue["totalCount"], nodes.len());
            counts.push(nodes.len());
        }
        assert!(counts[0] < counts[1], "{counts:?}: nothing became overdue");
    })
    .await;
}

#[test]
fn every_feed_of_the_schema_has_a_row_in_the_access_table() {
    let sdl = api::schema::sdl();
    let gate = api::read::gate::Gate::new(&sdl).expect("the SDL is valid");
    let subscription = gate.schema().get_object("Subscription").expect("Subscription");
    let untried: Vec<_> = subscription
        .fields
        .keys()
        .filter(|name| ACCESS.iter().all(|(feed, ..)| feed != &name.as_str()))
        .collect();
    assert!(untried.is_empty(), "no access is stated for {untried:?}");
}

#[tokio::test]
async fn the_subscriptions_of_the_guide_work_as_they_stand() {
    both(async |world| {
        let guide = include_str!("../../../../docs/live.md");
        let query = |number| {
            let rest = guide.split("```graphql").nth(number);
            rest.and_then(|rest| rest.split("```").next()).expect("a query")
        };
        let server = Server::over(&world).await;
        let mut socket = server.socket(Who::HubLead).await;
        let after = json!({ "after": from_the_start("alertChanged") });
        socket.subscribe("a", query(1), after).await;
        let data = socket.data("a").await;
        assert_eq!(data["alertChanged"]["alert"]["hub"]["name"], "North Hub");
        assert_eq!(socket.data("a").await["alertChanged"]["alert"], Value::Null);
        let after = json!({ "after": from_the_start("campaignProgress") });
        socket.subscribe("p", query(2), after).await;
        let data = socket.data("p").await;
        assert_eq!(data["campaignProgress"]["invitation"]["responses"], 12);
    })
    .await;
}

#[tokio::test]
async fn a_feed_of_what_is_out_of_sight_tells_as_little_as_one_of_nothing() {
    both(async |world| {
        let server = Server::over(&world).await;
        for feed in api::schema::feeds() {
            for by in feed.by {
                let of = match *by {
                    "hub" => ("Hub", HUB_LONDON),
                    "enrolment" => ("Enrolment", ENROLMENT_CEDAR),
                    "person" => ("Person", id(99)),
                    "campaign" => ("SurveyCampaign", id(402)),
                    other => panic!("what does {other} name?"),
                };
                let query = format!(
                    "subscription($after: String, $id: ID) {{ {0}(after: $after, {by}: $id) {{ \
                     cursor {1} {{ id }} }} }}",
                    feed.name, feed.node
                );
                let mut heard = Vec::new();
                for row in [of.1, id(0xdead)] {
                    let mut socket = server.socket(Who::HubLead).await;
                    let after = from_the_start(feed.name);
                    let variables = json!({ "after": after, "id": global(of.0, row) });
                    socket.subscribe("a", &query, variables).await;
                    heard.push(socket.data("a").await);
                }
                assert_eq!(heard[0], heard[1], "{}({by})", feed.name);
                assert_eq!(heard[0][feed.name][feed.node], Value::Null, "{}({by})", feed.name);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_arrives_at_those_who_may_see_it_and_at_nobody_else() {
    both(async |world| {
        let server = Server::over(&world).await;
        let london = lead_of_london(&server.app).await;
        let (mut admin, start) = server.following(Who::Admin).await;
        let (mut lead, _) = server.following(Who::HubLead).await;
        let mut other = Socket::ready(&server.address, &london).await;
        other.subscribe("a", ALERTS, json!({})).await;
        assert_eq!(told(&mut other).await.0, Value::Null);
        server.acknowledge(ALERT_NORTH, "Will call").await;
        for socket in [&mut admin, &mut lead] {
            let (alert, _) = told(socket).await;
            let expected = json!({
                "id": global("EngagementAlert", ALERT_NORTH), "state": "ACKNOWLEDGED",
                "version": 2, "hub": { "name": "North Hub" }
            });
            assert_eq!(alert, expected);
        }
        // The other lead hears of the own hub's alone, though it changed later.
        server.acknowledge(ALERT_LONDON, "Will call").await;
        let (alert, _) = told(&mut other).await;
        assert_eq!(alert["id"], json!(global("EngagementAlert", ALERT_LONDON)));
        // A school asks for all since before: it is up to date without an alert.
        let mut school = server.socket(Who::SchoolUser).await;
        school.subscribe("a", ALERTS, json!({ "after": start })).await;
        assert_eq!(told(&mut school).await.0, Value::Null);
    })
    .await;
}

/// A token of somebody who leads the hub of London.
async fn lead_of_london(app: &App) -> String {
    let now = app.clock.now();
    let txn = app.db.write().await.expect("a transaction");
    let grant = role_grant::Model {
        id: new_id(now),
        person_id: id(99),
        role: "hub_lead".to_owned(),
        region_id: None,
        hub_id: Some(HUB_LONDON),
        setting_id: None,
        granted_at: now,
        revoked_at: None,
    };
    let grant = grant.into_active_model();
    role_grant::Entity::insert(grant).exec_without_returning(&txn).await.expect("a role");
    let token = "token of the other lead".to_owned();
    let expires_at = now + TimeDelta::hours(1);
    tokens::issue(&txn, now, id(99), &hash(&token), "test", expires_at).await.expect("a token");
    txn.commit().await.expect("a commit");
    token
}

#[tokio::test]
async fn whoever_comes_back_with_a_cursor_gets_what_was_missed_once_and_in_order() {
    both(async |world| {
        let server = Server::over(&world).await;
        let now = world.clock.now();
        let (mut socket, start) = server.following(Who::HubLead).await;
        server.change(200, now, 1).await;
        let (first, after_first) = told(&mut socket).await;
        drop(socket);
        // While nobody listens: more than one look tells, at moments long past and just now.
        for number in 0..50 {
            let moment = now - TimeDelta::seconds(100) + TimeDelta::milliseconds(number * 10);
            server.change(300 + u128::from(number.unsigned_abs()), moment, 1).await;
        }
        server.change(200, now, 2).await;
        let mut seen = Vec::new();
        let mut socket = server.socket(Who::HubLead).await;
        socket.subscribe("a", ALERTS, json!({ "after": after_first })).await;
        let cursor = loop {
            let (alert, cursor) = told(&mut socket).await;
            if alert.is_null() {
                break cursor;
            }
            seen.push(version_of(&alert));
            // Breaking off anywhere and coming back makes no difference.
            if seen.len() % 17 == 0 {
                socket = server.socket(Who::HubLead).await;
                socket.subscribe("a", ALERTS, json!({ "after": cursor })).await;
            }
        };
        let row = |row: u128, version: i64| (json!(global("EngagementAlert", id(row))), version);
        let mut expected: Vec<_> = (300..350).map(|number| row(number, 1)).collect();
        expected.push(row(200, 2));
        assert_eq!(seen, expected);
        assert_eq!(version_of(&first), row(200, 1));
        // Nothing is left after the last cursor; all of it is after the first.
        let mut socket = server.socket(Who::HubLead).await;
        socket.subscribe("a", ALERTS, json!({ "after": cursor })).await;
        assert_eq!(told(&mut socket).await.0, Value::Null);
        let mut socket = server.socket(Who::HubLead).await;
        socket.subscribe("a", ALERTS, json!({ "after": start })).await;
        for _ in 0..51 {
            assert_ne!(told(&mut socket).await.0, Value::Null);
        }
        assert_eq!(told(&mut socket).await.0, Value::Null);
    })
    .await;
}

#[tokio::test]
async fn a_change_of_an_earlier_moment_that_is_committed_late_is_told() {
    both(async |world| {
        let server = Server::over(&world).await;
        let now = world.clock.now();
        let (mut socket, _) = server.following(Who::Admin).await;
        server.change(200, now, 1).await;
        let (_, cursor) = told(&mut socket).await;
        let overlap = i64::from(server.app.config.live.overlap_seconds);
        let late = now - TimeDelta::seconds(overlap - 1);
        server.change(201, late, 1).await;
        let expected = json!(global("EngagementAlert", id(201)));
        assert_eq!(told(&mut socket).await.0["id"], expected);
        let mut again = server.socket(Who::Admin).await;
        again.subscribe("a", ALERTS, json!({ "after": cursor })).await;
        assert_eq!(told(&mut again).await.0["id"], expected, "to whoever comes back as well");
        assert_eq!(told(&mut again).await.0, Value::Null, "and nothing twice");
    })
    .await;
}
