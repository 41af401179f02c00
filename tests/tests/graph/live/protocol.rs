//! The protocol of the socket: what it answers, what closes it, and who may open one.

use serde_json::{Value, json};
use tests::both;
use tests::socket::{Heard, PROTOCOL, Socket};

use super::{ACKNOWLEDGE, ALERTS, Server, from_the_start, told};
use crate::seed::{ALERT_NORTH, HUB_NORTH, Who, app, global, id};

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
            (ALERTS, json!({ "hub": "nonsense" })),
            ("query {", json!({})),
            ("{ viewer { id } } subscription { alertChanged { cursor } }", json!({})),
        ] {
            socket.subscribe("bad", query, variables).await;
            let errors = socket.payload("error", "bad").await;
            let message = errors[0]["message"].as_str().unwrap_or_default();
            assert!(!message.is_empty(), "{query}: {errors:#}");
        }
        // A hub that is nobody's is a hub without alerts.
        let hub = json!({ "hub": global("Hub", id(999)), "after": from_the_start("alertChanged") });
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
