//! An attempt belongs to the browser that began it, is good for one return, and not for long.

use axum::http::StatusCode;
use chrono::TimeDelta;
use entity::people::sign_in_attempt;
use sea_orm::EntityTrait as _;
use sea_orm::sea_query::Expr;
use tests::oidc::{Browser, Door, Service};
use tests::programs::PUBLIC_URL;
use tests::rise::Rise;
use tests::{World, both, node};

use crate::{accounts, audited, signed_in};

async fn attempts(world: &World) -> Vec<sign_in_attempt::Model> {
    sign_in_attempt::Entity::find().all(world.db.reader()).await.expect("a read")
}

/// Changes what is kept of all attempts.
async fn change(world: &World, column: sign_in_attempt::Column, value: &str) {
    sign_in_attempt::Entity::update_many()
        .col_expr(column, Expr::value(value))
        .exec(world.db.migrator())
        .await
        .expect("changed");
}

#[tokio::test]
async fn only_the_browser_that_left_comes_back_and_only_once_and_soon() {
    if node::is_absent() {
        return;
    }
    let service = Service::start(&accounts()).await;
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let door = Door::open(&world, &service.issuer, None).await;
        let refused = async |browser: &mut Browser, address: &str| {
            let seen = browser.open(&door, address).await;
            assert_eq!(seen.status, StatusCode::BAD_REQUEST, "{address}: {}", seen.text);
            assert!(seen.text.contains("Please sign in again"), "{}", seen.text);
            assert!(browser.cookie("hubs_session").is_none(), "{address}");
        };

        let mut own = Browser::default();
        let back = own.go_as(&door, "staff", "admin").await;
        assert!(own.cookie("hubs_attempt").is_some());
        // Somebody else's browser, with nothing, and with an attempt of its own.
        refused(&mut Browser::default(), &back).await;
        let mut other = Browser::default();
        other.go_as(&door, "staff", "lead").await;
        refused(&mut other, &back).await;
        let state = back.split("state=").nth(1).and_then(|rest| rest.split('&').next());
        let state = state.expect("a state");
        for wrong in
            ["", "x", &state.replace(&state[20..], &"0".repeat(44)), &state[..63], "%C3%A9"]
        {
            refused(&mut own.clone(), &back.replace(state, wrong)).await;
        }
        refused(&mut own.clone(), &back.replace("/staff/", "/dfe/")).await;
        refused(&mut own.clone(), &back.replace("state=", "state=1&state=")).await;
        refused(&mut own.clone(), &format!("{PUBLIC_URL}/sign-in/oidc/staff/callback")).await;

        // Nothing of that has spoilt it.
        let seen = own.clone().open(&door, &back).await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
        refused(&mut own, &back).await;

        let mut late = Browser::default();
        let back = late.go_as(&door, "staff", "admin").await;
        world.clock.set(world.clock.now() + TimeDelta::seconds(600));
        refused(&mut late, &back).await;
        assert_eq!(signed_in(&world).await.len(), 1);
        assert_eq!(attempts(&world).await.len(), 2, "they are forgotten at the next one's start");
        Browser::default().open(&door, "/sign-in/oidc/staff").await;
        assert_eq!(attempts(&world).await.len(), 1);
        for (action, detail) in audited(&world).await {
            let is_well = action == "signedIn" || detail.contains("astray");
            assert!(is_well, "{action} {detail}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_code_is_worth_nothing_twice_or_to_another_attempt() {
    if node::is_absent() {
        return;
    }
    let service = Service::start(&accounts()).await;
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let door = Door::open(&world, &service.issuer, None).await;
        let refused = async |browser: &mut Browser, address: &str, word: &str| {
            let seen = browser.open(&door, address).await;
            assert_eq!(seen.status, StatusCode::BAD_GATEWAY, "{address}: {}", seen.text);
            let (_, told) = audited(&world).await.pop().expect("an entry");
            assert!(told.contains(word), "{told}");
        };
        let part = |address: &str, name: &str| {
            let value = address.split(&format!("{name}=")).nth(1).expect("it is there");
            value.split('&').next().expect("a value").to_owned()
        };
        let mut victim = Browser::default();
        let first = victim.go_as(&door, "staff", "admin").await;
        assert_eq!(victim.open(&door, &first).await.status, StatusCode::SEE_OTHER);
        // A code that was used, and one that was given to somebody else and not used.
        let mut thief = Browser::default();
        let second = thief.go_as(&door, "staff", "lead").await;
        let stolen = second.replace(&part(&second, "code"), &part(&first, "code"));
        refused(&mut thief, &stolen, "code_refused").await;
        let third = Browser::default().go_as(&door, "staff", "admin").await;
        let fourth = thief.go_as(&door, "staff", "lead").await;
        let stolen = fourth.replace(&part(&fourth, "code"), &part(&third, "code"));
        refused(&mut thief, &stolen, "code_refused").await;

        let mut browser = Browser::default();
        let back = browser.go_as(&door, "staff", "admin").await;
        change(&world, sign_in_attempt::Column::PkceVerifier, &"v".repeat(43)).await;
        refused(&mut browser, &back, "code_refused").await;
        let back = browser.go_as(&door, "staff", "admin").await;
        change(&world, sign_in_attempt::Column::Nonce, "another").await;
        refused(&mut browser, &back, "token_refused").await;
        let issuer = service.issuer.replace(':', "%3A").replace('/', "%2F");
        let back = browser.go_as(&door, "staff", "admin").await;
        assert!(back.contains(&issuer), "{back}");
        refused(&mut browser, &back.replace(&issuer, "https%3A%2F%2Fother.example"), "token").await;
        assert_eq!(signed_in(&world).await.len(), 1, "the victim alone");
    })
    .await;
}

#[tokio::test]
async fn somebody_goes_on_only_to_a_path_of_ours() {
    if node::is_absent() {
        return;
    }
    let service = Service::start(&accounts()).await;
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let door = Door::open(&world, &service.issuer, None).await;
        for (wanted, kept) in [
            ("?return_to=/graphiql", "/graphiql"),
            ("?return_to=https://other.example", "/sign-in"),
            ("?return_to=//other.example", "/sign-in"),
            ("?return_to=/%5Cother.example", "/sign-in"),
            ("?return_to=/a%0d%0aSet-Cookie:b", "/sign-in"),
            ("?return_to=/%252fother.example", "/sign-in"),
            ("?return_to=/sign-in/oidc/staff", "/sign-in"),
            ("", "/sign-in"),
            ("?return_to=/a&return_to=/b", "/sign-in"),
        ] {
            let seen =
                Browser::default().open(&door, &format!("/sign-in/oidc/staff{wanted}")).await;
            assert_eq!(seen.status, StatusCode::SEE_OTHER, "{wanted}");
            let rows = attempts(&world).await;
            let last = rows.iter().max_by_key(|row| row.id).expect("an attempt");
            assert_eq!(last.return_to, kept, "{wanted}");
        }

        // The sign-in page hands it on, and so does the page of whoever went back half-way.
        let page = Browser::default().open(&door, "/sign-in?return_to=/hubs%3Fa%3Db").await.text;
        let kept = "return_to=%2Fhubs%3Fa%3Db";
        assert!(page.contains(&format!("/sign-in/oidc/staff?{kept}")), "{page}");
        let nowhere = "/sign-in/oidc/nowhere?return_to=/hubs%3Fa%3Db";
        let page = Browser::default().open(&door, nowhere).await.text;
        assert!(page.contains(&format!("/sign-in?{kept}")), "{page}");
        let mut browser = Browser::default();
        let back = browser.go_as(&door, "staff", "stranger").await;
        let seen = browser.open(&door, &back).await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN, "{}", seen.text);
        assert!(seen.text.contains("/sign-in?return_to=%2Fgraphql%3Fa%3Db"), "{}", seen.text);
        // Not even what the database says leads anybody elsewhere.
        let mut browser = Browser::default();
        let back = browser.go_as(&door, "staff", "admin").await;
        change(&world, sign_in_attempt::Column::ReturnTo, "https://other.example/").await;
        let seen = browser.open(&door, &back).await;
        assert_eq!(seen.location.as_deref(), Some("/sign-in"), "{}", seen.text);
    })
    .await;
}
