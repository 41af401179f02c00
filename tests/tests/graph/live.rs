//! Subscriptions as a client meets them, over sockets and event streams.

use api::app::App;
use api::http::live::Live;
use api::http::principal::hash;
use api::read::feed::Place;
use chrono::{DateTime, TimeDelta, Utc};
use entity::engagement::engagement_alert;
use entity::id::new_id;
use entity::people::{access_token, role_grant, tokens};
use reqwest::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};
use serde_json::{Value, json};
use tests::socket::{Heard, PROTOCOL, Socket};
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::seed::{
    ALERT_LONDON, ALERT_NORTH, ALL, ENROLMENT_CEDAR, HUB_LONDON, HUB_NORTH, Who, app, ask, global,
    id,
};

/// Rows that each role is told of, as in `ACCESS`.
const ACCESS: &[(&str, &str, [usize; 5])] = &[
    ("alertChanged", "alert", [2, 1, 1, 0, 0]),
    ("visitChanged", "visit", [3, 2, 2, 1, 0]),
    ("messageChanged", "message", [2, 0, 0, 1, 0]),
];

const ALERTS: &str = "subscription Alerts($after: String, $hub: ID) {
    told: alertChanged(after: $after, hub: $hub) {
        cursor
        alert { id state version hub { name } }
    }
}";

const ACKNOWLEDGE: &str = "mutation($input: AlertAcknowledgeInput!) {
    alertAcknowledge(input: $input) { alert { version } userErrors { message } }
}";

/// A server over a seeded world.
struct Server {
    app: App,
    address: String,
    stop: CancellationToken,
    live: Live,
}

impl Server {
    async fn over(world: &World) -> Self {
        Self::with(app(world).await).await
    }

    async fn with(app: App) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let live = Live::new(&app.config.live, stop.clone());
        let router = api::http::router_with(app.clone(), live.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { app, address: format!("http://{address}"), stop, live }
    }

    async fn socket(&self, who: Who) -> Socket {
        Socket::ready(&self.address, &who.token()).await
    }

    /// A socket that follows alerts and is up to date, and the cursor of that moment.
    async fn following(&self, who: Who) -> (Socket, String) {
        let mut socket = self.socket(who).await;
        socket.subscribe("a", ALERTS, json!({})).await;
        let (alert, cursor) = told(&mut socket).await;
        assert_eq!(alert, Value::Null, "nothing changed since");
        (socket, cursor)
    }

    async fn acknowledge(&self, alert: Uuid, note: &str) {
        let input = json!({ "alertId": global("EngagementAlert", alert), "note": note });
        let answer = ask(&self.app, Who::Admin, ACKNOWLEDGE, json!({ "input": input })).await;
        assert_eq!(answer["data"]["alertAcknowledge"]["userErrors"], json!([]), "{answer:#}");
    }

    /// Writes an alert of the north hub as a transaction of that moment would.
    async fn change(&self, alert: u128, moment: DateTime<Utc>, version: i32) {
        let txn = self.app.db.write().await.expect("a transaction");
        let found = engagement_alert::Entity::find_by_id(ALERT_NORTH).one(&txn).await;
        let mut row = found.expect("a read").expect("the alert");
        row.id = id(alert);
        row.period = format!("period {alert}");
        row.changed_at = moment;
        row.version = version;
        engagement_alert::Entity::delete_by_id(row.id).exec(&txn).await.expect("deleted");
        let row = row.into_active_model();
        engagement_alert::Entity::insert(row).exec_without_returning(&txn).await.expect("a row");
        txn.commit().await.expect("a commit");
        self.app.signal.changed().await;
    }

    async fn revoke(&self, who: Who) {
        let txn = self.app.db.write().await.expect("a transaction");
        access_token::Entity::update_many()
            .col_expr(access_token::Column::RevokedAt, Expr::value(self.app.clock.now()))
            .filter(access_token::Column::TokenHash.eq(hash(&who.token())))
            .exec(&txn)
            .await
            .expect("revoked");
        txn.commit().await.expect("a commit");
        self.app.signal.changed().await;
    }
}

/// The alert and the cursor of the next event.
async fn told(socket: &mut Socket) -> (Value, String) {
    let mut data = socket.data("a").await;
    let cursor = data["told"]["cursor"].as_str().expect("a cursor").to_owned();
    (data["told"]["alert"].take(), cursor)
}

fn version_of(alert: &Value) -> (Value, i64) {
    (alert["id"].clone(), alert["version"].as_i64().expect("a version"))
}

/// From before anything happened.
fn from_the_start(feed: &str) -> String {
    Place::after(DateTime::UNIX_EPOCH).cursor(feed)
}

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
async fn the_subscription_of_the_guide_works_as_it_stands() {
    both(async |world| {
        let guide = include_str!("../../../docs/live.md");
        let query = guide.split("```graphql").nth(1).and_then(|rest| rest.split("```").next());
        let server = Server::over(&world).await;
        let mut socket = server.socket(Who::HubLead).await;
        let after = json!({ "after": from_the_start("alertChanged") });
        socket.subscribe("a", query.expect("a query"), after).await;
        let data = socket.data("a").await;
        assert_eq!(data["alertChanged"]["alert"]["hub"]["name"], "North Hub");
        assert_eq!(socket.data("a").await["alertChanged"]["alert"], Value::Null);
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

#[tokio::test]
async fn a_slow_reader_is_told_everything_in_the_end() {
    both(async |world| {
        let mut app = app(&world).await;
        app.config.live.connections_per_person = 1;
        let server = Server::with(app).await;
        let (mut socket, _) = server.following(Who::HubLead).await;
        let now = world.clock.now();
        let summary = "long ".repeat(1_000);
        socket
            .subscribe("b", "subscription { alertChanged { alert { id summary } } }", json!({}))
            .await;
        assert!(socket.data("b").await["alertChanged"]["alert"].is_null());
        let txn = server.app.db.write().await.expect("a transaction");
        let found = engagement_alert::Entity::find_by_id(ALERT_NORTH).one(&txn).await;
        let mut row = found.expect("a read").expect("the alert");
        for number in 0..400 {
            row.id = id(1_000 + number);
            row.period = format!("period {number}");
            row.summary.clone_from(&summary);
            row.changed_at = now;
            let row = row.clone().into_active_model();
            engagement_alert::Entity::insert(row)
                .exec_without_returning(&txn)
                .await
                .expect("a row");
        }
        txn.commit().await.expect("a commit");
        server.app.signal.changed().await;
        // What it did not read yet does not keep others from being answered.
        for _ in 0..20 {
            ask(&server.app, Who::Admin, "{ hubs { totalCount } }", json!({})).await;
        }
        let (mut a, mut b) = (Vec::new(), Vec::new());
        while a.len() + b.len() < 800 {
            let Heard::Message(message) = socket.hear().await else { panic!("closed") };
            let data = &message["payload"]["data"];
            if message["id"] == "a" {
                a.push(data["told"]["alert"]["id"].clone());
            } else {
                b.push(data["alertChanged"]["alert"]["id"].clone());
            }
        }
        let expected: Vec<Value> =
            (0..400).map(|number| json!(global("EngagementAlert", id(1_000 + number)))).collect();
        assert_eq!(a, expected);
        assert_eq!(b, expected);
    })
    .await;
}

#[tokio::test]
async fn a_token_or_role_that_ends_ends_the_stream() {
    both(async |world| {
        let mut app = app(&world).await;
        app.config.live.look_seconds = 1;
        let server = Server::with(app).await;
        let (mut admin, _) = server.following(Who::Admin).await;
        let (mut lead, _) = server.following(Who::HubLead).await;
        let (mut other, _) = server.following(Who::RegionalLead).await;
        server.revoke(Who::Admin).await;
        assert_eq!(admin.closed().await, 4403);
        let txn = server.app.db.write().await.expect("a transaction");
        role_grant::Entity::update_many()
            .col_expr(role_grant::Column::RevokedAt, Expr::value(world.clock.now()))
            .filter(role_grant::Column::PersonId.eq(Who::HubLead.person()))
            .exec(&txn)
            .await
            .expect("revoked");
        txn.commit().await.expect("a commit");
        // Without a signal.
        assert_eq!(lead.closed().await, 4403);
        world.clock.set(world.clock.now() + TimeDelta::hours(2));
        assert_eq!(other.closed().await, 4403);
        // A socket that only asks is closed at its next question.
        let mut idle = Socket::connect(&server.address, &[("sec-websocket-protocol", PROTOCOL)])
            .await
            .expect("a socket");
        let authorization = format!("Bearer {}", Who::Evaluator.token());
        let init =
            json!({ "type": "connection_init", "payload": { "authorization": authorization } });
        idle.say(&init).await;
        assert_eq!(idle.closed().await, 4403, "its token ran out as well");
    })
    .await;
}

#[tokio::test]
async fn queries_and_mutations_are_answered_over_the_socket_and_bad_ones_refused() {
    both(async |world| {
        let server = Server::over(&world).await;
        let mut socket = server.socket(Who::Admin).await;
        socket.subscribe("q", "{ viewer { name } }", json!({})).await;
        assert_eq!(socket.data("q").await, json!({ "viewer": { "name": "Admin Example" } }));
        assert_eq!(socket.payload("complete", "q").await, Value::Null);
        let alert = global("EngagementAlert", ALERT_NORTH);
        let input = json!({ "input": { "alertId": alert, "note": "Will call" } });
        socket.subscribe("q", ACKNOWLEDGE, input).await;
        let data = socket.data("q").await;
        assert_eq!(data["alertAcknowledge"]["alert"]["version"], 2);
        assert_eq!(socket.payload("complete", "q").await, Value::Null);
        for (query, variables) in [
            ("subscription { nonsense }", json!({})),
            ("subscription { alertChanged { nonsense } }", json!({})),
            ("subscription { alertChanged { cursor } messageChanged { cursor } }", json!({})),
            ("subscription { a: alertChanged { cursor } b: alertChanged { cursor } }", json!({})),
            ("subscription { __typename }", json!({})),
            ("subscription { ...f } fragment f on Subscription { __typename }", json!({})),
            (
                "subscription($i: Boolean!) { alertChanged @include(if: $i) { cursor } }",
                json!({ "i": false }),
            ),
            (ALERTS, json!({ "after": "nonsense" })),
            (ALERTS, json!({ "after": from_the_start("messageChanged") })),
            (ALERTS, json!({ "after": 3 })),
            ("query {", json!({})),
            ("{ viewer { id } } subscription { alertChanged { cursor } }", json!({})),
        ] {
            socket.subscribe("bad", query, variables).await;
            let errors = socket.payload("error", "bad").await;
            let message = errors[0]["message"].as_str().unwrap_or_default();
            assert!(!message.is_empty(), "{query}: {errors:#}");
        }
        // A hub that is nobody's is a hub without alerts.
        let hub = json!({ "hub": "nonsense", "after": from_the_start("alertChanged") });
        socket.subscribe("a", ALERTS, hub).await;
        assert_eq!(told(&mut socket).await.0, Value::Null);
        socket.say(&json!({ "id": "a", "type": "complete" })).await;
        let hub = json!({
            "hub": global("Hub", HUB_NORTH), "after": from_the_start("alertChanged")
        });
        socket.subscribe("a", ALERTS, hub).await;
        assert_eq!(told(&mut socket).await.0["hub"]["name"], "North Hub");
        assert_eq!(told(&mut socket).await.0, Value::Null);
    })
    .await;
}

#[tokio::test]
async fn what_breaks_the_protocol_closes_the_socket_with_its_code() {
    both(async |world| {
        let mut app = app(&world).await;
        app.config.live.init_seconds = 1;
        app.config.live.operations_per_connection = 2;
        app.config.live.connections_per_person = 2;
        let server = Server::with(app).await;
        let open = async || {
            let headers = [("sec-websocket-protocol", PROTOCOL)];
            Socket::connect(&server.address, &headers).await.expect("a socket")
        };
        let subscribe =
            json!({ "id": "a", "type": "subscribe", "payload": { "query": "{ viewer { id } }" } });
        for (message, code) in [
            (json!({ "type": "nonsense" }), 4400),
            (json!({ "type": "connection_init", "payload": "text" }), 4400),
            (json!(["connection_init"]), 4400),
            (json!({ "type": "subscribe" }), 4400),
            (subscribe.clone(), 4401),
            (json!({ "type": "connection_init" }), 4403),
            (
                json!({ "type": "connection_init", "payload": { "Authorization": "Bearer no" } }),
                4403,
            ),
        ] {
            let mut socket = open().await;
            socket.say(&message).await;
            assert_eq!(socket.closed().await, code, "{message}");
        }
        assert_eq!(open().await.closed().await, 4408, "who says nothing");
        let mut bare = Socket::connect(&server.address, &[]).await.expect("a socket");
        assert_eq!(bare.closed().await, 4406, "who speaks no protocol");

        let mut socket = server.socket(Who::Admin).await;
        socket.say(&json!({ "type": "connection_init" })).await;
        assert_eq!(socket.closed().await, 4429);

        let (mut socket, _) = server.following(Who::Admin).await;
        socket.say(&json!({ "type": "ping", "payload": { "n": 1 } })).await;
        let pong = json!({ "type": "pong", "payload": { "n": 1 } });
        assert_eq!(socket.hear().await, Heard::Message(pong));
        socket.subscribe("b", ALERTS, json!({})).await;
        assert_eq!(socket.data("b").await["told"]["alert"], Value::Null);
        socket.subscribe("c", ALERTS, json!({})).await;
        let errors = socket.payload("error", "c").await;
        assert!(errors[0]["message"].to_string().contains("at most 2"), "{errors:#}");
        socket.say(&subscribe).await;
        assert_eq!(socket.closed().await, 4409);

        let long = "x".repeat(100_001);
        let mut socket = open().await;
        socket.say(&json!({ "type": "ping", "payload": { "long": long } })).await;
        assert_eq!(socket.closed().await, 1009);

        let _first = server.socket(Who::Admin).await;
        let _second = server.socket(Who::Admin).await;
        let mut third = open().await;
        let authorization = format!("Bearer {}", Who::Admin.token());
        let init =
            json!({ "type": "connection_init", "payload": { "Authorization": authorization } });
        third.say(&init).await;
        assert_eq!(third.closed().await, 1013);
    })
    .await;
}

#[tokio::test]
async fn only_our_own_pages_and_those_the_settings_name_may_open_a_socket() {
    both(async |world| {
        let mut app = app(&world).await;
        app.config.live.origins = "https://one.example https://two.example".to_owned();
        app.config.http.public_url = "https://hubs.example/path".to_owned();
        let server = Server::with(app).await;
        let own = server.address.clone();
        for (origin, allowed) in [
            (own.as_str(), true),
            ("https://hubs.example", true),
            ("https://two.example", true),
            ("https://two.example.evil.example", false),
            ("http://two.example", false),
            ("null", false),
        ] {
            let headers = [("sec-websocket-protocol", PROTOCOL), ("origin", origin)];
            let opened = Socket::connect(&server.address, &headers).await;
            assert_eq!(opened.is_ok(), allowed, "{origin}: {opened:?}");
        }
    })
    .await;
}

/// The events of a stream: name and data, comments left out.
struct Events {
    response: reqwest::Response,
    text: String,
}

impl Events {
    async fn of(server: &Server, who: Who, query: &str, variables: Value) -> Self {
        let response = Client::new()
            .post(format!("{}/graphql", server.address))
            .bearer_auth(who.token())
            .header(ACCEPT, "text/event-stream")
            .json(&json!({ "query": query, "variables": variables }))
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream; charset=utf-8");
        Self { response, text: String::new() }
    }

    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let Some(event) = event.strip_prefix("event: ") else {
                    continue;
                };
                let (name, data) = event.split_once("\ndata:").expect("data");
                let data = serde_json::from_str(data.trim()).unwrap_or_default();
                return Some((name.to_owned(), data));
            }
            let more = self.response.chunk().await.expect("the stream ends well")?;
            self.text.push_str(std::str::from_utf8(&more).expect("text"));
        }
    }
}

#[tokio::test]
async fn an_event_stream_tells_the_same_and_ends_with_a_word() {
    both(async |world| {
        let mut app = app(&world).await;
        app.config.live.connections_per_person = 2;
        let server = Server::with(app).await;
        let mut events = Events::of(&server, Who::HubLead, ALERTS, json!({})).await;
        let (name, event) = events.next().await.expect("an event");
        assert_eq!((name.as_str(), &event["data"]["told"]["alert"]), ("next", &Value::Null));
        server.acknowledge(ALERT_NORTH, "Will call").await;
        let (_, event) = events.next().await.expect("an event");
        assert_eq!(event["data"]["told"]["alert"]["version"], 2);

        let bad = "subscription { nonsense }";
        let mut refused = Events::of(&server, Who::HubLead, bad, json!({})).await;
        let (name, event) = refused.next().await.expect("an event");
        assert_eq!(name, "next");
        assert!(event["errors"][0]["message"].to_string().contains("nonsense"), "{event:#}");
        assert_eq!(refused.next().await.expect("an event").0, "complete");
        assert_eq!(refused.next().await, None);
        drop(refused);

        let mut query = Events::of(&server, Who::Admin, "{ viewer { name } }", json!({})).await;
        let (_, event) = query.next().await.expect("an event");
        assert_eq!(event["data"]["viewer"]["name"], "Admin Example");
        assert_eq!(query.next().await.expect("an event").0, "complete");

        server.revoke(Who::HubLead).await;
        let (_, event) = events.next().await.expect("an event");
        assert!(event["errors"][0]["message"].to_string().contains("sign in"), "{event:#}");
        assert_eq!(events.next().await.expect("an event").0, "complete");
        assert_eq!(events.next().await, None);
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_may_not_be_opened_is_refused_with_its_status() {
    both(async |world| {
        let mut app = app(&world).await;
        app.config.live.connections_per_person = 1;
        let server = Server::with(app).await;
        let graphql = format!("{}/graphql", server.address);
        let client = Client::new();
        let post = || client.post(&graphql).header(ACCEPT, "text/event-stream");
        let body = json!({ "query": ALERTS });
        let response = post().json(&body).send().await.expect("an answer");
        assert_eq!(response.status(), 401);
        let as_admin = || post().bearer_auth(Who::Admin.token());
        let foreign = as_admin().header("origin", "https://evil.example").json(&body);
        assert_eq!(foreign.send().await.expect("an answer").status(), 403);
        let mutation =
            "mutation { alertAcknowledge(input: { alertId: \"x\" }) { userErrors { code } } }";
        let get = reqwest::Url::parse_with_params(&graphql, [("query", mutation)]).expect("a URL");
        let get = client.get(get).header(ACCEPT, "text/event-stream");
        let response = get.bearer_auth(Who::Admin.token()).send().await.expect("an answer");
        assert_eq!(response.status(), 405);
        let mut first = Events::of(&server, Who::Admin, ALERTS, json!({})).await;
        first.next().await.expect("an event");
        let response = as_admin().json(&body).send().await.expect("an answer");
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], "10");
        // Without asking for a stream, a subscription is told how to be had.
        let plain = client.post(&graphql).bearer_auth(Who::Admin.token()).json(&body);
        let response = plain.send().await.expect("an answer");
        assert_eq!(response.status(), 400);
        let told: Value = response.json().await.expect("JSON");
        assert!(told["errors"][0]["message"].to_string().contains("text/event-stream"));
    })
    .await;
}

#[tokio::test]
async fn a_server_that_stops_closes_its_sockets_and_ends_its_streams() {
    both(async |world| {
        let server = Server::over(&world).await;
        let (mut socket, _) = server.following(Who::Admin).await;
        let mut events = Events::of(&server, Who::Admin, ALERTS, json!({})).await;
        assert_eq!(events.next().await.expect("an event").0, "next");
        server.stop.cancel();
        assert_eq!(socket.closed().await, 1001);
        assert_eq!(events.next().await, None, "without \"complete\": the client comes back");
        drop((socket, events));
        server.live.ended().await;
    })
    .await;
}
