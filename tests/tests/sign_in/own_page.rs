//! What somebody who is signed in reads of themselves, and the ways out.

use axum::http::{Method, StatusCode, header};
use tests::both;

use crate::{Door, OURS};

#[tokio::test]
async fn whoever_is_signed_in_reads_who_they_are_what_they_see_and_where_else_they_are() {
    both(async |world| {
        let door = Door::open(world).await;
        let first = door.signed_in().await;
        let page = door.get("/sign-in", &first).await.text;
        for part in [
            "Head of Demo Ash School",
            crate::HEAD,
            "School user, Demo Ash School",
            "A browser, <strong>this one</strong>",
            "action=\"/sign-out\"",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("everywhere else"), "there is no other: {page}");

        let second = door.signed_in().await;
        let page = door.get("/sign-in", &second).await.text;
        assert!(page.contains("A browser, last used on 5 October 2026 at "), "{page}");
        let foreign = [("sec-fetch-site", "cross-site"), ("cookie", second.as_str())];
        let seen = door.post("/sign-out/others", &foreign, "").await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN);
        assert!(door.is_signed_in(&first).await, "nothing was done");
        let seen = door.post("/sign-out/others", &[OURS, ("cookie", &second)], "").await;
        assert_eq!(seen.headers[header::LOCATION], "/sign-in");
        assert!(!door.is_signed_in(&first).await);
        assert!(door.is_signed_in(&second).await, "this one stays");
        let head = Some(door.rise.partners[0].head);
        let (last, who, _) = door.audited().await.pop().expect("an entry");
        assert_eq!((last.as_str(), who), ("sessionRevoked", head));
        // Whoever is not signed in ends nothing.
        let seen = door.post("/sign-out/others", &[OURS, ("cookie", &first)], "").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER);
        assert!(door.is_signed_in(&second).await);
    })
    .await;
}

#[tokio::test]
async fn where_mails_lead_who_runs_a_hub_it_is_said_that_no_account_works_while_none_does() {
    both(async |world| {
        let door = Door::open(world).await;
        let page = door.get("/sign-in/account", "").await.text;
        assert!(page.contains("No accounts work here yet"), "{page}");
        assert!(page.contains("href=\"/sign-in\"") && !page.contains("<form"), "{page}");
        let own = door.signed_in().await;
        let page = door.get("/sign-in/account", &own).await.text;
        assert!(page.contains("Head of Demo Ash School"), "who is signed in is: {page}");
    })
    .await;
}

#[tokio::test]
async fn the_button_of_a_link_says_whom_it_signs_in() {
    both(async |world| {
        let door = Door::open(world).await;
        door.ask_for_link(crate::HEAD).await;
        let link = door.mailed(crate::HEAD).await.pop().expect("a link");
        let page = door.get(&link, "").await.text;
        assert!(page.contains("Sign in as Head of Demo Ash School"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_told_so_where_they_would_sign_out() {
    both(async |world| {
        let door = Door::open(world).await;
        for cookie in ["", "hubs_session=other"] {
            let page = door.get("/sign-out", cookie).await.text;
            assert!(page.contains("You are not signed in") && !page.contains("<button"), "{page}");
        }
        let seen = door.ask(Method::GET, "/sign-out/others", &[], "").await;
        assert_eq!(seen.headers[header::LOCATION], "/sign-in");
    })
    .await;
}
