//! The pages of signing in, in a real browser: at the width of a phone and of a desk, light and
//! dark, looked at by an accessibility checker; and the graph asked by pages of other origins.
//! Screenshots lie in `target/sign-in` afterwards.

use api::http::principal::hash;
use axum::Router;
use axum::response::Html;
use chrono::{DateTime, TimeDelta, Utc};
use entity::id::new_id;
use entity::people::grants::{self, Grant};
use entity::people::sign_in_links::{self, Asked, Asking};
use entity::people::tokens::{self, NewToken};
use entity::people::{person, secrets};
use rules::links::sign_in_token;
use rules::sign_in::{TokenKind, TokenScope};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::Value;
use tests::browser;
use tests::programs::serve_with;
use tests::rise::Rise;
use tests::{World, both};
use tokio::net::TcpListener;

#[tokio::test]
async fn people_find_their_way_in_and_out_at_every_width() {
    if browser::is_absent() {
        return;
    }
    both(async |world| {
        let rise =
            Rise::seed(&world, &["Demo Ash School of the Very Long Name by the River"]).await;
        let now = "2026-10-05T08:00:00Z".parse().expect("a moment");
        let paths = invite(&world, &rise, now).await;
        let seen = visit(&world, paths).await;
        let faults = seen["faults"].as_array().expect("faults");
        assert!(faults.is_empty(), "{faults:#?}");
        let pages = seen["pages"].as_array().expect("pages");
        assert_eq!(pages.len(), 4 * 13, "every page was looked at in every way: {pages:#?}");
    })
    .await;
}

/// Gives the head of the first partner a link as from a mail and one of the demonstration, and
/// returns their paths.
async fn invite(world: &World, rise: &Rise, now: DateTime<Utc>) -> [String; 2] {
    let head = rise.partners[0].head;
    person::Entity::update_many()
        .col_expr(person::Column::Name, Expr::value("Demo Ash"))
        .col_expr(person::Column::Email, Expr::value("demo.ash@example.org"))
        .filter(person::Column::Id.eq(head))
        .exec(world.db.migrator())
        .await
        .expect("a name");
    let txn = world.db.write().await.expect("a transaction");
    let role = Grant::SchoolUser { setting_id: rise.partners[0].setting };
    grants::grant(&txn, now, head, role).await.expect("a role");
    let secret = secrets::shared(&txn, now, secrets::LINKS, "a secret".to_owned()).await;
    let id = new_id(now);
    let token = sign_in_token(secret.expect("a secret").as_bytes(), id);
    let asking = Asking {
        email: "demo.ash@example.org",
        id,
        token_hash: &hash(&token),
        address_hash: "address",
        network_hash: "network",
        return_to: "/hubs",
    };
    let asked = sign_in_links::ask(&txn, now, asking).await.expect("asked");
    assert_eq!(asked, Asked::Noted);
    let demo = NewToken {
        person_id: head,
        token_hash: &hash("demo"),
        label: "Demonstration",
        kind: TokenKind::Demo,
        scopes: &[TokenScope::Write],
        expires_at: now + TimeDelta::days(1),
        by: None,
    };
    tokens::keep(&txn, now, demo).await.expect("a token");
    txn.commit().await.expect("commit");
    [format!("/sign-in/link/{token}"), "/sign-in/demo/demo".to_owned()]
}

/// Runs the script over a running api and returns what it saw.
async fn visit(world: &World, [link, demo]: [String; 2]) -> Value {
    let (front, other) = (front_end().await, front_end().await);
    let variables = [
        // The browser asks the address that the api listens at, without TLS.
        ("HUBS__HTTP__PUBLIC_URL", "http://hubs.example"),
        ("HUBS__LIVE__ORIGINS", front.as_str()),
        ("HUBS__SIGN_IN__ISSUERS__AWAY__KIND", "staff"),
        ("HUBS__SIGN_IN__ISSUERS__AWAY__NAME", "Staff of the programme"),
        ("HUBS__SIGN_IN__ISSUERS__AWAY__ISSUER", "http://127.0.0.1:1"),
        ("HUBS__SIGN_IN__ISSUERS__AWAY__CLIENT_ID", "hubs"),
    ];
    let (api, address) = serve_with(world, "2026-10-05T09:00:00", &variables);
    let arguments = [&*address, &link, &demo, &front, &other];
    let seen = browser::seen("sign_in.mjs", world, "sign-in", &arguments).await;
    drop(api);
    seen
}

/// Serves a page from a port of its own, which is another origin of the same site, and returns the
/// origin. Browsers let no page from elsewhere ask this machine, so it must really be served here.
async fn front_end() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("its address"));
    let page = Router::new().fallback(async || Html("<!doctype html><title>A front end</title>"));
    tokio::spawn(async move { axum::serve(listener, page).await });
    origin
}
