//! What comes before an event is told: its reader is who they were, and can afford it.

use std::sync::Arc;

use api::http::principal::hash;
use api::read::caller::Caller;
use api::read::watch::{Ended, Watch};
use api::read::{Begun, Request, begin};
use chrono::TimeDelta;
use entity::people::principal::Proof;
use serde_json::{Value, json};
use tests::{World, both};
use tokio::sync::Semaphore;

use super::streams::Events;
use super::{ALERTS, Server, told};
use crate::seed::{Who, app, global, id};

/// A server whose callers have 30 points, of which one comes back each second: to begin with
/// [`ALERTS`] takes 12, the first event included, and each further event 2.
async fn counting(world: &World) -> Server {
    let mut app = app(world).await;
    app.config.limits.points = 30;
    app.config.limits.points_per_second = 1;
    Server::with(app).await
}

async fn change(server: &Server, alerts: std::ops::Range<u128>) {
    for alert in alerts {
        server.change(alert, server.app.clock.now(), 1).await;
    }
}

fn alerts(range: std::ops::Range<u128>) -> Vec<Value> {
    range.map(|alert| json!(global("EngagementAlert", id(alert)))).collect()
}

fn assert_spent(error: &Value) {
    assert_eq!(error["extensions"]["code"], "RATE_LIMITED", "{error:#}");
    assert_eq!(error["extensions"]["retryAfter"], 12, "{error:#}");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.contains("ask again in 12 s"), "{error}");
}

#[tokio::test]
async fn events_that_cannot_be_afforded_end_their_subscription_and_none_is_lost() {
    both(async |world| {
        let server = counting(&world).await;
        let (mut socket, _) = server.following(Who::HubLead).await;
        change(&server, 1_000..1_012).await;
        let (mut heard, mut cursor) = (Vec::new(), String::new());
        for _ in 0..10 {
            let (alert, next) = told(&mut socket).await;
            heard.push(alert["id"].clone());
            cursor = next;
        }
        let errors = socket.payload("error", "a").await;
        assert_spent(&errors[0]);
        let again = json!({ "after": cursor });
        socket.subscribe("a", ALERTS, again.clone()).await;
        let errors = socket.payload("error", "a").await;
        assert_eq!(errors[0]["extensions"]["code"], "RATE_LIMITED", "the socket stays open");

        // Whoever comes again when they are told to gets further each time.
        for _ in 10..12 {
            world.clock.set(world.clock.now() + TimeDelta::seconds(12));
            socket.subscribe("a", ALERTS, json!({ "after": cursor })).await;
            let (alert, next) = told(&mut socket).await;
            heard.push(alert["id"].clone());
            cursor = next;
            if heard.len() < 12 {
                assert_spent(&socket.payload("error", "a").await[0]);
            }
        }
        assert_eq!(heard, alerts(1_000..1_012));
        assert_eq!(told(&mut socket).await.0, Value::Null);
    })
    .await;
}

#[tokio::test]
async fn a_stream_whose_reader_is_out_of_points_says_when_to_come_again_and_completes() {
    both(async |world| {
        let server = counting(&world).await;
        let mut events = Events::of(&server, Who::HubLead, ALERTS, json!({})).await;
        assert_eq!(events.next().await.expect("an event").0, "next");
        change(&server, 1_000..1_011).await;
        for expected in alerts(1_000..1_010) {
            let (_, event) = events.next().await.expect("an event");
            assert_eq!(event["data"]["told"]["alert"]["id"], expected);
        }
        let (name, event) = events.next().await.expect("an event");
        assert_eq!(name, "next");
        assert_spent(&event["errors"][0]);
        assert_eq!(events.next().await.expect("an event").0, "complete");
        assert_eq!(events.next().await, None);
        // The points are the person's, whatever takes them.
        let mut other = server.socket(Who::HubLead).await;
        other.subscribe("q", "{ hubs(first: 20) { nodes { id } } }", json!({})).await;
        let errors = other.payload("error", "q").await;
        assert_eq!(errors[0]["extensions"]["code"], "RATE_LIMITED");
        let (mut admin, _) = server.following(Who::Admin).await;
        change(&server, 1_011..1_012).await;
        assert_eq!(told(&mut admin).await.0["id"], alerts(1_011..1_012)[0], "others have theirs");
    })
    .await;
}

#[tokio::test]
async fn what_waits_when_a_token_is_revoked_is_not_told() {
    both(async |world| {
        let app = app(&world).await;
        let now = app.clock.now();
        let proof = Proof::Token(hash(&Who::HubLead.token()));
        let caller = Caller::find(app.db.reader(), proof, now).await.expect("a read");
        let (caller, _) = caller.expect("a token in force");
        let request = Request { query: Some(ALERTS.to_owned()), ..Request::default() };
        let begun = begin(&app, &caller.scope(), now, &request, false).await;
        let Begun::Subscribed(plan) = begun else { panic!("{begun:?}") };
        let mut watch = Watch::new(&app, caller, plan, Arc::new(Semaphore::new(1)));
        watch.next().await.expect("up to date");
        let server = Server::with(app).await;
        change(&server, 1_000..1_003).await;
        // One look finds all three; the first is told.
        watch.next().await.expect("an event");
        server.revoke(Who::HubLead).await;
        change(&server, 1_003..1_004).await;
        let ended = watch.next().await.expect_err("nothing more");
        assert!(matches!(ended, Ended::SignedOut), "{}: {ended:?}", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_change_after_a_revocation_closes_the_socket_and_is_not_told() {
    both(async |world| {
        let server = Server::over(&world).await;
        let (mut socket, _) = server.following(Who::HubLead).await;
        let mut events = Events::of(&server, Who::HubLead, ALERTS, json!({})).await;
        assert_eq!(events.next().await.expect("an event").0, "next");
        server.revoke(Who::HubLead).await;
        change(&server, 1_000..1_001).await;
        assert_eq!(socket.closed().await, 4403, "it says nothing before");
        let (_, event) = events.next().await.expect("an event");
        assert_eq!(event["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{event:#}");
        assert_eq!(events.next().await.expect("an event").0, "complete");
    })
    .await;
}
