//! What signing in by a link, a session and a program's token do not open.

use axum::http::StatusCode;
use entity::messages::message;
use entity::people::grants::{Grant, grant};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use tests::rise::at;
use tests::server::code;
use tests::tokens::token_for;
use tests::{both, smtp};

use crate::{Door, HEAD, OURS};

/// Asks the graph with these headers.
async fn graph(door: &Door, headers: &[(&str, &str)], query: &str) -> (StatusCode, Value) {
    let kind = ("content-type", "application/json");
    let headers = [&[kind, OURS], headers].concat();
    let body = json!({ "query": query }).to_string();
    let seen = door.ask(axum::http::Method::POST, "/graphql", &headers, &body).await;
    (seen.status, serde_json::from_str(&seen.text).expect("JSON"))
}

#[tokio::test]
async fn who_becomes_more_than_a_school_user_is_let_in_by_no_link_and_no_session_of_one() {
    both(async |world| {
        let door = Door::open(world).await;
        let cookie = door.signed_in().await;
        door.ask_for_link(HEAD).await;
        let links = door.mailed(HEAD).await;
        assert!(door.is_signed_in(&cookie).await);
        let txn = door.world.db.write().await.expect("a transaction");
        let role = Grant::HubLead { hub_id: door.rise.hub.id };
        let head = door.rise.partners[0].head;
        grant(&txn, door.world.clock.now(), head, role).await.expect("a role");
        txn.commit().await.expect("commit");
        assert!(!door.is_signed_in(&cookie).await);
        let page = door.get("/sign-in", &cookie).await.text;
        assert!(page.contains("Mail me a link") && !page.contains(HEAD), "{page}");
        let before = door.audited().await.len();
        door.post("/sign-out/others", &[OURS, ("cookie", &cookie)], "").await;
        assert_eq!(door.audited().await.len(), before, "it ends no session of the hub lead");
        for link in links {
            let seen = door.post(&link, &[OURS], "").await;
            assert_eq!((seen.status, seen.cookie()), (StatusCode::GONE, None));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_spend_a_link_at_once_one_is_signed_in() {
    both(async |world| {
        let door = Door::open(world).await;
        door.ask_for_link(HEAD).await;
        let link = door.mailed(HEAD).await.pop().expect("a link");
        let spending = (0..6).map(|_| door.post(&link, &[OURS], ""));
        let seen = futures::future::join_all(spending).await;
        let let_in = seen.iter().filter(|seen| seen.cookie().is_some()).count();
        assert_eq!(let_in, 1, "{}", door.world.name);
        assert!(seen.iter().all(|seen| !seen.status.is_server_error()), "{seen:?}");
    })
    .await;
}

#[tokio::test]
async fn the_letter_goes_out_at_night_over_smtp_and_its_bytes_are_kept_no_longer() {
    both(async |mut world| {
        let server = smtp::Server::start().await;
        world.config.mail.smtp_url = server.url();
        world.config.mail.smtp_ca = server.ca();
        world.config.mail.smtp_timeout_seconds = 2;
        // A Sunday.
        world.clock.set(at("2026-10-11T02:00:00Z"));
        let door = Door::open(world).await;
        door.ask_for_link(HEAD).await;
        door.mailed(HEAD).await;
        let taken = server.taken();
        let letters: Vec<_> = taken.iter().filter(|mail| mail.to == HEAD).collect();
        let [letter] = letters.as_slice() else { panic!("{} letters", letters.len()) };
        let text = String::from_utf8_lossy(&letter.bytes);
        assert!(text.contains("Subject: Your link to sign in to Hubs"), "{text}");
        assert!(text.contains("3:10am"), "until when, in London: {text}");
        let row = message::Entity::find().filter(message::Column::Kind.eq("sign_in_link"));
        let row = row.one(door.world.db.reader()).await.expect("a read").expect("the message");
        assert_eq!((row.state.as_str(), row.body), ("accepted", None));
    })
    .await;
}

#[tokio::test]
async fn people_see_which_session_is_this_one_and_end_another() {
    both(async |world| {
        let door = Door::open(world).await;
        let (one, other) = (door.signed_in().await, door.signed_in().await);
        let one_too = [("cookie", one.as_str())];
        let mine = "{ viewer { sessions { nodes { id current method } } } }";
        let (status, told) = graph(&door, &one_too, mine).await;
        assert_eq!((status, code(&told)), (StatusCode::OK, ""), "{told}");
        let sessions = told["data"]["viewer"]["sessions"]["nodes"].as_array().expect("a list");
        let current = sessions.iter().filter(|session| session["current"] == true).count();
        assert_eq!((sessions.len(), current), (2, 1), "{told}");
        let foreign = sessions.iter().find(|session| session["current"] == false);
        let id = foreign.expect("the other")["id"].as_str().expect("an id").to_owned();
        let end = format!(
            "mutation {{ sessionRevoke(input: {{ sessionId: \"{id}\" }}) {{ \
             session {{ current revokedAt }} userErrors {{ code }} }} }}"
        );
        let (_, told) = graph(&door, &one_too, &end).await;
        let done = &told["data"]["sessionRevoke"];
        assert_eq!((&done["userErrors"], code(&told)), (&json!([]), ""), "{told}");
        assert!(done["session"]["revokedAt"].is_string(), "{told}");
        assert!(door.is_signed_in(&one).await && !door.is_signed_in(&other).await);
    })
    .await;
}

#[tokio::test]
async fn a_program_issues_no_tokens_and_ends_nothing() {
    both(async |world| {
        let door = Door::open(world).await;
        let admin = token_for(&door.world, "ada@hubs.example", Grant::ProgrammeAdmin).await;
        let bearer = |token: &str| format!("Bearer {token}");
        let ask = async |token: &str, query: &str| {
            graph(&door, &[("authorization", &bearer(token))], query).await
        };
        let (_, told) = ask(&admin, "{ viewer { id } }").await;
        let person = told["data"]["viewer"]["id"].as_str().expect("an id").to_owned();
        let issue = format!(
            "mutation {{ accessTokenIssue(input: {{ personId: \"{person}\", label: \"Demo\", \
             scopes: [WRITE], days: 30 }}) {{ token accessToken {{ id }} userErrors {{ code }} }} }}"
        );
        let (_, told) = ask(&admin, &issue).await;
        let made = &told["data"]["accessTokenIssue"];
        let machine = made["token"].as_str().expect("its text").to_owned();
        let id = made["accessToken"]["id"].as_str().expect("an id").to_owned();
        let revoke = format!(
            "mutation {{ accessTokenRevoke(input: {{ accessTokenId: \"{id}\" }}) {{ \
             accessToken {{ revokedAt }} userErrors {{ code }} }} }}"
        );
        for (name, query) in [("accessTokenIssue", &issue), ("accessTokenRevoke", &revoke)] {
            let (_, told) = ask(&machine, query).await;
            let refused = &told["data"][name];
            assert_eq!(refused["userErrors"][0]["code"], "FORBIDDEN", "{told}");
            assert_eq!(refused["accessToken"], json!(null), "{told}");
        }
        assert_eq!(ask(&machine, "{ viewer { id } }").await.0, StatusCode::OK);
        let (_, told) = ask(&admin, &revoke).await;
        assert!(told["data"]["accessTokenRevoke"]["accessToken"]["revokedAt"].is_string());
        assert_eq!(ask(&machine, "{ viewer { id } }").await.0, StatusCode::UNAUTHORIZED);
    })
    .await;
}
