//! A token is believed when it is signed by the service, for us, for this attempt, and in force.

use axum::http::StatusCode;
use chrono::TimeDelta;
use tests::oidc::{Browser, Door, Service};
use tests::rise::Rise;
use tests::{both, node};

use crate::{accounts, audited, counts, signed_in};

#[tokio::test]
async fn a_token_with_anything_wrong_signs_nobody_in() {
    if node::is_absent() {
        return;
    }
    let service = Service::start(&accounts()).await;
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let door = Door::open(&world, &service.issuer, None).await;
        let before = counts(&world).await;
        for how in [
            "expired",
            "future",
            "audience",
            "audiences",
            "issuer",
            "nonce",
            "no_nonce",
            "access_token",
            "subject",
            "unsigned",
            "shared_secret",
            "broken",
            "foreign",
            "unknown_key",
            "missing",
        ] {
            service.spoil(how).await;
            let mut browser = Browser::default();
            let seen = browser.sign_in(&door, "staff", "admin").await;
            assert_eq!(seen.status, StatusCode::BAD_GATEWAY, "{how}: {}", seen.text);
            assert!(seen.text.contains("We could not check who you are"), "{how}: {}", seen.text);
            assert_eq!(browser.cookie("hubs_session"), None, "{how}");
            let (action, detail) = audited(&world).await.pop().expect("an entry");
            assert_eq!(action, "signInRefused", "{how}");
            assert!(detail.starts_with("staff: token_refused, reference "), "{how}: {detail}");
        }
        assert_eq!((counts(&world).await, signed_in(&world).await), (before, Vec::new()));
        service.spoil("none").await;
        let seen = Browser::default().sign_in(&door, "staff", "admin").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
    })
    .await;
}

#[tokio::test]
async fn a_new_key_of_the_service_is_fetched_when_a_token_is_signed_with_it() {
    if node::is_absent() {
        return;
    }
    let service = Service::start(&accounts()).await;
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let door = Door::open(&world, &service.issuer, None).await;
        service.spoil("none").await;
        let seen = Browser::default().sign_in(&door, "staff", "admin").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
        service.spoil("rotated").await;
        let seen = Browser::default().sign_in(&door, "staff", "admin").await;
        assert_eq!(seen.status, StatusCode::BAD_GATEWAY, "keys were fetched a moment ago");
        world.clock.set(world.clock.now() + TimeDelta::minutes(2));
        let seen = Browser::default().sign_in(&door, "staff", "admin").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
        assert_eq!(signed_in(&world).await.len(), 2);
    })
    .await;
}
