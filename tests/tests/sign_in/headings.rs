//! Where people land who were heading somewhere when they had to sign in.

use axum::http::{StatusCode, header};
use chrono::TimeDelta;
use entity::people::sign_in_link;
use entity::people::tokens::{self, NewToken};
use rules::sign_in::{TokenKind, TokenScope};
use sea_orm::EntityTrait as _;
use sea_orm::sea_query::Expr;
use tests::both;

use crate::{Door, HEAD, OURS, Seen};

fn lands(seen: &Seen) -> &str {
    assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
    seen.headers[header::LOCATION].to_str().expect("text")
}

/// Asks for a link from the sign-in page with this `return_to`, as its form does, and returns it.
async fn link(door: &Door, return_to: &str) -> String {
    let before = door.mailed(HEAD).await;
    let form = format!("email={HEAD}&return_to={return_to}");
    let seen = door.post("/sign-in", &[OURS], &form).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    let mut links = door.mailed(HEAD).await;
    links.retain(|link| !before.contains(link));
    let [link] = &links[..] else { panic!("one link, not {links:?}") };
    link.clone()
}

#[tokio::test]
async fn a_link_by_mail_leads_on_to_where_its_reader_was_heading() {
    both(async |world| {
        let door = Door::open(world).await;
        let page = door.get("/sign-in?return_to=/hubs%3Ffirst%3D2%26a%3Db%23top", "").await.text;
        let field =
            "<input type=\"hidden\" name=\"return_to\" value=\"/hubs?first=2&#38;a=b#top\">";
        assert!(page.contains(field), "{page}");
        let link = link(&door, "/hubs%3Ffirst%3D2%26a%3Db%23top").await;
        // It is the link that knows: whoever sends it on in other words changes nothing.
        let tampered = format!("{link}?return_to=/elsewhere");
        let seen = door.post(&tampered, &[OURS], "return_to=/elsewhere").await;
        assert_eq!(lands(&seen), "/hubs?first=2&a=b#top");
        let cookie = seen.cookie().expect("a cookie");
        assert!(door.is_signed_in(&cookie).await);
        // Spent, it still says where to: whoever asks for another goes on heading there.
        let kept = "/sign-in?return_to=%2Fhubs%3Ffirst%3D2%26a%3Db%23top";
        for seen in [door.get(&link, "").await, door.post(&link, &[OURS], "").await] {
            assert_eq!(seen.status, StatusCode::GONE);
            assert!(seen.text.contains(kept), "{}", seen.text);
        }
        // And whoever is signed in already goes on from the page that says so.
        let page = door.get(kept, &cookie).await.text;
        assert!(page.contains("<a href=\"/hubs?first=2&#38;a=b#top\">"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn nobody_is_led_to_another_site_by_a_link() {
    both(async |world| {
        let door = Door::open(world).await;
        for foreign in [
            "",
            "//other.example",
            "/%5Cother.example",
            "https://other.example/",
            "/%252fother.example",
            "/.//other.example",
            "/hubs%0d%0aSet-Cookie:a=b",
            "javascript:alert(1)",
        ] {
            let page = door.get(&format!("/sign-in?return_to={foreign}"), "").await.text;
            assert!(!page.contains("return_to") && !page.contains("other"), "{foreign}: {page}");
            let form = format!("email=wrong&return_to={foreign}");
            let page = door.post("/sign-in", &[OURS], &form).await.text;
            assert!(!page.contains("return_to") && !page.contains("other"), "{foreign}: {page}");
        }
        assert!(
            !door.get("/sign-in?return_to=/a&return_to=/b", "").await.text.contains("return_to")
        );
        let foreign = link(&door, "//other.example").await;
        let seen = door.post(&foreign, &[OURS], "").await;
        assert_eq!(lands(&seen), "/sign-in");
        // Not even if the database says so.
        let own = link(&door, "/hubs").await;
        sign_in_link::Entity::update_many()
            .col_expr(sign_in_link::Column::ReturnTo, Expr::value("https://other.example/"))
            .exec(door.world.db.migrator())
            .await
            .expect("changed");
        let seen = door.post(&own, &[OURS], "").await;
        assert_eq!(lands(&seen), "/sign-in");
    })
    .await;
}

#[tokio::test]
async fn the_demonstrations_links_lead_on_as_well_and_to_no_other_site() {
    both(async |world| {
        let door = Door::open(world).await;
        let now = door.world.clock.now();
        let new = NewToken {
            person_id: door.rise.partners[0].head,
            token_hash: &api::http::principal::hash("demo"),
            label: "Demonstration",
            kind: TokenKind::Demo,
            scopes: &[TokenScope::Write],
            expires_at: now + TimeDelta::days(1),
            by: None,
        };
        let txn = door.world.db.write().await.expect("a transaction");
        tokens::keep(&txn, now, new).await.expect("a token");
        txn.commit().await.expect("commit");
        for (wanted, landed) in [
            ("", "/sign-in"),
            ("?return_to=/hubs%3Fa%3Db", "/hubs?a=b"),
            ("?return_to=//other.example", "/sign-in"),
            ("?return_to=https://other.example", "/sign-in"),
        ] {
            let seen = door.post(&format!("/sign-in/demo/demo{wanted}"), &[OURS], "").await;
            assert_eq!(lands(&seen), landed, "{wanted}");
        }
    })
    .await;
}
