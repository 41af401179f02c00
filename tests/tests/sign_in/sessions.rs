//! Sessions: how long they last, where they are taken from, and what ends with them.

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use entity::people::tokens::{self, NewToken};
use rules::sign_in::{TokenKind, TokenScope};
use serde_json::{Value, json};
use tests::both;
use tests::server::{Server, code};
use tests::socket::{Heard, PROTOCOL, Socket};

use crate::{Door, HEAD, OURS};

#[tokio::test]
async fn a_session_ends_when_it_is_idle_for_half_a_day_and_in_any_case_after_a_week() {
    both(async |world| {
        let door = Door::open(world).await;
        let cookie = door.signed_in().await;
        let start = door.world.clock.now();
        let idle = TimeDelta::hours(12);
        let mut now = start;
        // Each request keeps it, to the end of the week.
        while now + idle < start + TimeDelta::days(7) {
            now = now + idle - TimeDelta::seconds(1);
            door.world.clock.set(now);
            assert!(door.is_signed_in(&cookie).await, "{now}");
        }
        door.world.clock.set(start + TimeDelta::days(7) - TimeDelta::seconds(1));
        assert!(door.is_signed_in(&cookie).await);
        door.world.clock.set(start + TimeDelta::days(7));
        assert!(!door.is_signed_in(&cookie).await, "a week");

        let cookie = door.signed_in().await;
        door.world.clock.set(door.world.clock.now() + idle);
        assert!(!door.is_signed_in(&cookie).await, "idle");
    })
    .await;
}

#[tokio::test]
async fn signing_out_ends_the_session_and_signing_in_again_replaces_it() {
    both(async |world| {
        let door = Door::open(world).await;
        let first = door.signed_in().await;
        door.ask_for_link(HEAD).await;
        let mut links = door.mailed(HEAD).await;
        let mut second = None;
        while let Some(link) = links.pop() {
            let seen = door.post(&link, &[OURS, ("cookie", &first)], "").await;
            second = second.or(seen.cookie());
        }
        let second = second.expect("a cookie");
        assert!(!door.is_signed_in(&first).await, "another took its place");
        assert!(door.is_signed_in(&second).await);

        let foreign = [("sec-fetch-site", "cross-site"), ("cookie", second.as_str())];
        assert_eq!(door.post("/sign-out", &foreign, "").await.status, StatusCode::FORBIDDEN);
        assert_eq!(door.get("/sign-out", &second).await.status, StatusCode::OK);
        assert!(door.is_signed_in(&second).await, "looking ends nothing");
        let seen = door.post("/sign-out", &[OURS, ("cookie", &second)], "").await;
        assert_eq!(seen.cookie().as_deref(), Some("hubs_session="), "{}", seen.text);
        assert!(!door.is_signed_in(&second).await);
        let (last, who, _) = door.audited().await.pop().expect("an entry");
        assert_eq!((last.as_str(), who), ("signedOut", Some(door.rise.partners[0].head)));
    })
    .await;
}

#[tokio::test]
async fn a_cookie_is_taken_from_our_own_pages_alone() {
    both(async |world| {
        let door = Door::open(world).await;
        let cookie = door.signed_in().await;
        let cookie = ("cookie", cookie.as_str());
        for (from, expected) in [
            (&[("sec-fetch-site", "same-origin")][..], StatusCode::OK),
            (&[("origin", "http://127.0.0.1:8000")], StatusCode::OK),
            (&[("origin", "http://hubs.internal"), ("host", "hubs.internal")], StatusCode::OK),
            (&[("sec-fetch-site", "cross-site")], StatusCode::FORBIDDEN),
            (&[("sec-fetch-site", "same-site")], StatusCode::FORBIDDEN),
            (&[("origin", "https://other.example")], StatusCode::FORBIDDEN),
            (&[("origin", "null")], StatusCode::FORBIDDEN),
            (&[], StatusCode::FORBIDDEN),
        ] {
            let seen = door.viewer(&[from, &[cookie]].concat()).await;
            assert_eq!(seen.status, expected, "{from:?}: {}", seen.text);
        }
        // As a form sends it.
        let seen = door.post("/graphql", &[OURS, cookie], "query=%7Bviewer%7Bid%7D%7D").await;
        assert_eq!(seen.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        // GET reads, and nothing else.
        let read = "/graphql?query=%7Bviewer%7Bemail%7D%7D";
        let seen = door.ask(Method::GET, read, &[cookie], "").await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
        let foreign = [cookie, ("sec-fetch-site", "cross-site")];
        let seen = door.ask(Method::GET, read, &foreign, "").await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN);
        // Over https browsers send another name, which nobody but the site itself can set.
        let renamed = format!("__Host-{}", cookie.1);
        let seen = door.viewer(&[OURS, ("cookie", &renamed)]).await;
        assert_eq!(seen.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test]
async fn over_https_the_cookie_is_the_hosts_own_and_never_sent_in_clear() {
    both(async |world| {
        let public = |config: &mut runtime::config::Config| {
            config.http.public_url = "https://hubs.example".to_owned();
        };
        let door = Door::with(world, public).await;
        door.ask_for_link(HEAD).await;
        let link = door.mailed(HEAD).await.pop().expect("a link");
        let seen = door.post(&link, &[OURS], "").await;
        let set = seen.headers["set-cookie"].to_str().expect("text");
        assert!(set.starts_with("__Host-hubs_session=") && set.contains("; Secure"), "{set}");
        assert!(door.is_signed_in(&seen.cookie().expect("a cookie")).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_connection_ends_with_its_session() {
    both(async |world| {
        let door = Door::open(world).await;
        let cookie = door.signed_in().await;
        let server = Server::of(door.app.clone()).await;
        let headers = [("sec-websocket-protocol", PROTOCOL), ("cookie", cookie.as_str())];
        let mut socket = Socket::connect(&server.address, &headers).await.expect("a socket");
        socket.say(&json!({ "type": "connection_init" })).await;
        assert_eq!(socket.hear().await, Heard::Message(json!({ "type": "connection_ack" })));
        let query = "subscription { messageChanged { cursor } }";
        socket.subscribe("a", query, json!({})).await;
        assert!(socket.data("a").await["messageChanged"]["cursor"].is_string());
        door.post("/sign-out", &[OURS, ("cookie", &cookie)], "").await;
        assert_eq!(socket.closed().await, 4403);
        let mut again = Socket::connect(&server.address, &headers).await.expect("a socket");
        again.say(&json!({ "type": "connection_init" })).await;
        assert_eq!(again.closed().await, 4403);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_may_only_read_reads_and_changes_nothing() {
    both(async |world| {
        let door = Door::open(world).await;
        let now = door.world.clock.now();
        let txn = door.world.db.write().await.expect("a transaction");
        for (text, scopes) in
            [("reads", &[TokenScope::Read][..]), ("writes", &[TokenScope::Write])]
        {
            let new = NewToken {
                person_id: door.rise.admin,
                token_hash: &api::http::principal::hash(text),
                label: "Demo report",
                kind: TokenKind::Machine,
                scopes,
                expires_at: now + TimeDelta::days(1),
                by: Some(door.rise.admin),
            };
            tokens::keep(&txn, now, new).await.expect("a token");
        }
        txn.commit().await.expect("commit");
        let kind = ("content-type", "application/json");
        let change = r#"{"query":"mutation { alertWake(input: {alertId: \"x\"}) { userErrors { code } } }"}"#;
        let ask = async |token: &str, body: &str| {
            let bearer = format!("Bearer {token}");
            let headers = [kind, ("authorization", bearer.as_str())];
            let seen = door.ask(Method::POST, "/graphql", &headers, body).await;
            (seen.status, serde_json::from_str::<Value>(&seen.text).expect("JSON"))
        };
        let read = r#"{"query":"{ viewer { email } }"}"#;
        for token in ["reads", "writes"] {
            let (status, answer) = ask(token, read).await;
            assert_eq!((status, code(&answer)), (StatusCode::OK, ""), "{answer}");
        }
        let (status, answer) = ask("reads", change).await;
        assert_eq!((status, code(&answer)), (StatusCode::FORBIDDEN, "FORBIDDEN"), "{answer}");
        let (status, answer) = ask("writes", change).await;
        assert_eq!((status, code(&answer)), (StatusCode::OK, ""), "{answer}");
        door.world.clock.set(now + TimeDelta::days(1));
        assert_eq!(ask("reads", read).await.0, StatusCode::UNAUTHORIZED);
    })
    .await;
}
