//! Links by mail: for school users, once, for ten minutes, and told to nobody else.

use axum::http::{Method, StatusCode, header};
use chrono::TimeDelta;
use entity::people::{session, sign_in_link};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use tests::both;

use crate::{Door, HEAD, OURS};

async fn sessions(door: &Door) -> u64 {
    session::Entity::find().count(door.world.db.reader()).await.expect("a number")
}

#[tokio::test]
async fn a_link_by_mail_signs_a_head_in_once_and_the_graph_knows_them() {
    both(async |world| {
        let door = Door::open(world).await;
        let head = door.rise.partners[0].head;
        assert!(door.get("/sign-in", "").await.text.contains("Mail me a link"));
        let seen = door.ask_for_link(&HEAD.to_uppercase()).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
        let links = door.mailed(HEAD).await;
        let [link] = &links[..] else { panic!("one link, not {links:?}") };
        let token = link.rsplit('/').next().expect("a token");
        let rows = sign_in_link::Entity::find().all(door.world.db.reader()).await.expect("a read");
        assert!(!format!("{rows:?}").contains(token), "only its hash is kept");

        // A mail scanner opens every link; that spends nothing.
        for method in [Method::GET, Method::HEAD, Method::GET] {
            let seen = door.ask(method, link, &[], "").await;
            assert_eq!((seen.status, seen.cookie()), (StatusCode::OK, None), "{}", seen.text);
        }
        assert_eq!(sessions(&door).await, 0);
        let seen = door.post(link, &[OURS], "").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
        assert_eq!(seen.headers[header::LOCATION], "/sign-in");
        let cookie = seen.cookie().expect("a cookie");
        assert!(cookie.starts_with("hubs_session="), "{cookie}");
        assert!(door.is_signed_in(&cookie).await);
        let page = door.get("/sign-in", &cookie).await.text;
        assert!(page.contains("Head of Demo Ash School"), "{page}");

        for seen in [door.post(link, &[OURS], "").await, door.get(link, "").await] {
            assert_eq!((seen.status, seen.cookie()), (StatusCode::GONE, None), "{}", seen.text);
        }
        assert_eq!(sessions(&door).await, 1);
        let audited = door.audited().await;
        let steps: Vec<_> =
            audited.iter().map(|(action, who, _)| (action.as_str(), *who)).collect();
        let own = Some(head);
        let expected = [("signInLinkSent", own), ("signedIn", own), ("signInRefused", own)];
        assert_eq!(steps, expected);
        assert!(!format!("{audited:?}").contains('@'), "{audited:?}");
    })
    .await;
}

#[tokio::test]
async fn an_address_of_nobody_and_one_of_an_admin_are_answered_alike_and_mailed_nothing() {
    both(async |world| {
        let door = Door::open(world).await;
        let known = door.ask_for_link(HEAD).await;
        for other in ["nobody@demo.example", "demo.admin@example.org", "demo.lead@example.org"] {
            let seen = door.ask_for_link(other).await;
            assert!(seen.text.contains(other), "what was typed is shown: {}", seen.text);
            let text = seen.text.replace(other, HEAD);
            assert_eq!((seen.status, &text), (known.status, &known.text), "{other}");
            let mut headers = [known.headers.clone(), seen.headers];
            for headers in &mut headers {
                headers.remove("x-request-id");
                headers.remove("content-length");
            }
            assert_eq!(headers[0], headers[1], "{other}");
            assert_eq!(door.mailed(other).await, Vec::<String>::new(), "{other}");
        }
        assert_eq!(door.mailed(HEAD).await.len(), 1);
        let rows = sign_in_link::Entity::find().count(door.world.db.reader()).await;
        assert_eq!(rows.expect("a number"), 4, "each request is one row");
        let refused = door.audited().await;
        let refused: Vec<_> = refused.iter().filter(|(step, ..)| step == "signInRefused").collect();
        assert_eq!(refused.len(), 3);
        assert!(refused.iter().all(|(_, who, _)| who.is_none()), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn a_link_is_over_after_ten_minutes_and_when_a_newer_one_is_asked_for() {
    both(async |world| {
        let door = Door::open(world).await;
        door.ask_for_link(HEAD).await;
        let first = door.mailed(HEAD).await.pop().expect("a link");
        door.ask_for_link(HEAD).await;
        let second = door.mailed(HEAD).await.into_iter().find(|link| *link != first);
        let second = second.expect("another link");
        assert_eq!(door.post(&first, &[OURS], "").await.status, StatusCode::GONE);
        let start = door.world.clock.now();
        let last = start + TimeDelta::minutes(10) - TimeDelta::seconds(1);
        door.world.clock.set(last);
        assert_eq!(door.get(&second, "").await.status, StatusCode::OK);
        door.world.clock.set(last + TimeDelta::seconds(1));
        assert_eq!(door.get(&second, "").await.status, StatusCode::GONE);
        assert_eq!(door.post(&second, &[OURS], "").await.status, StatusCode::GONE);
        assert_eq!(sessions(&door).await, 0);
    })
    .await;
}

#[tokio::test]
async fn who_asks_for_too_many_links_waits_an_hour_and_is_told_so_plainly() {
    both(async |world| {
        let door = Door::open(world).await;
        let start = door.world.clock.now();
        for _ in 0..rules::sign_in::LINKS_PER_ADDRESS {
            assert_eq!(door.ask_for_link(HEAD).await.status, StatusCode::OK);
        }
        let seen = door.ask_for_link(HEAD).await;
        assert_eq!(seen.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(seen.headers[header::RETRY_AFTER], "3600");
        assert!(seen.text.contains("Wait an hour"), "{}", seen.text);
        // Another address still may, until the network has asked for too many.
        for number in rules::sign_in::LINKS_PER_ADDRESS..rules::sign_in::LINKS_PER_NETWORK {
            let seen = door.ask_for_link(&format!("demo{number}@demo.example")).await;
            assert_eq!(seen.status, StatusCode::OK, "{number}");
        }
        let seen = door.ask_for_link("another@demo.example").await;
        assert_eq!(seen.status, StatusCode::TOO_MANY_REQUESTS);
        door.world.clock.set(start + TimeDelta::hours(1));
        assert_eq!(door.ask_for_link(HEAD).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_address_and_what_is_no_link_are_refused_and_leave_nothing() {
    both(async |world| {
        let door = Door::open(world).await;
        for wrong in ["", "ada", "@demo.example", "ada@", "a@b@c", "a%20b@demo.example"] {
            let seen = door.post("/sign-in", &[OURS], &format!("email={wrong}")).await;
            assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
            assert!(seen.text.contains("Enter your address"), "{}", seen.text);
        }
        let seen = door.post("/sign-in", &[OURS], "email=a%22%3Eb&return_to=/hubs").await;
        assert!(seen.text.contains("value=\"a&#34;&#62;b\""), "typed once: {}", seen.text);
        assert!(seen.text.contains("name=\"return_to\" value=\"/hubs\""), "{}", seen.text);
        // A page of somebody else's asks for no link in the name of whoever looks at it.
        for foreign in [&[("sec-fetch-site", "cross-site")][..], &[("origin", "null")], &[]] {
            let seen = door.post("/sign-in", foreign, &format!("email={HEAD}")).await;
            assert_eq!(seen.status, StatusCode::FORBIDDEN, "{foreign:?}");
        }
        let rows = sign_in_link::Entity::find().count(door.world.db.reader()).await;
        assert_eq!(rows.expect("a number"), 0);
        for wrong in ["/sign-in/link/x", "/sign-in/demo/x", "/sign-in/link/%00%ff"] {
            let seen = door.post(wrong, &[OURS], "").await;
            assert!(seen.status.is_client_error() && seen.cookie().is_none(), "{wrong}");
        }
        // A page of somebody else's that spends a link of its own signs nobody in.
        door.ask_for_link(HEAD).await;
        let link = door.mailed(HEAD).await.pop().expect("a link");
        for foreign in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://other.example")],
            &[("origin", "null")],
            &[],
        ] {
            let seen = door.post(&link, foreign, "").await;
            assert_eq!((seen.status, seen.cookie()), (StatusCode::FORBIDDEN, None), "{foreign:?}");
        }
        let own = [("origin", "http://127.0.0.1:8000")];
        assert_eq!(door.post(&link, &own, "").await.status, StatusCode::SEE_OTHER);
        let audited = door.audited().await;
        assert_eq!(audited.len(), 2, "{audited:?}");
    })
    .await;
}
