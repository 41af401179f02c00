//! Services that are away, people who go back, and signing out.

use axum::http::StatusCode;
use chrono::TimeDelta;
use tests::oidc::{Browser, Door, Service};
use tests::programs::{PUBLIC_URL, program, refuse};
use tests::rise::Rise;
use tests::{both, node};

use crate::{accounts, audited, signed_in};

#[tokio::test]
async fn who_goes_back_at_the_service_is_told_so_and_may_try_again() {
    if node::is_absent() {
        return;
    }
    let service = Service::start(&accounts()).await;
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let door = Door::open(&world, &service.issuer, None).await;
        let mut browser = Browser::default();
        let seen = browser.sign_in(&door, "staff", "nobody").await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN);
        assert!(seen.text.contains("You did not sign in"), "{}", seen.text);
        assert!(seen.text.contains("href=\"/sign-in?return_to="), "{}", seen.text);
        let (_, detail) = audited(&world).await.pop().expect("an entry");
        assert!(detail.contains("staff: cancelled"), "{detail}");
        let seen = browser.sign_in(&door, "staff", "admin").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
        let seen = browser.open(&door, "/sign-in/oidc/unknown").await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn a_service_that_is_away_is_said_to_be_before_and_after_leaving() {
    if node::is_absent() {
        return;
    }
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let mut service = Service::start(&accounts()).await;
        let door = Door::open(&world, &service.issuer, None).await;
        let mut browser = Browser::default();
        let back = browser.go_as(&door, "staff", "admin").await;
        service.kill();
        let seen = browser.open(&door, &back).await;
        assert_eq!(seen.status, StatusCode::SERVICE_UNAVAILABLE, "{}", seen.text);
        assert!(seen.text.contains("Try again in a few minutes"), "{}", seen.text);
        // What the service said of itself is still believed, so the browser is sent there; another
        // process has never heard from it.
        let other = Door::open(&world, &service.issuer, None).await;
        let seen = browser.open(&other, "/sign-in/oidc/staff").await;
        assert_eq!(seen.status, StatusCode::SERVICE_UNAVAILABLE, "{}", seen.text);
        assert_eq!(signed_in(&world).await, []);
        let away = audited(&world).await;
        assert!(away.iter().all(|(_, detail)| detail.contains("service_away")), "{away:?}");
    })
    .await;
}

#[tokio::test]
async fn who_leaves_again_and_again_has_to_wait() {
    if node::is_absent() {
        return;
    }
    let service = Service::start(&accounts()).await;
    both(async |world| {
        let door = Door::open(&world, &service.issuer, None).await;
        for _ in 0..200 {
            let seen = Browser::default().open(&door, "/sign-in/oidc/staff").await;
            assert_eq!(seen.status, StatusCode::SEE_OTHER);
        }
        let seen = Browser::default().open(&door, "/sign-in/oidc/staff").await;
        assert_eq!(seen.status, StatusCode::TOO_MANY_REQUESTS, "{}", seen.text);
        world.clock.set(world.clock.now() + TimeDelta::minutes(10));
        let seen = Browser::default().open(&door, "/sign-in/oidc/staff").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER);
    })
    .await;
}

#[tokio::test]
async fn signing_out_goes_on_to_the_services_own_sign_out() {
    if node::is_absent() {
        return;
    }
    let service = Service::start(&accounts()).await;
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let door = Door::open(&world, &service.issuer, None).await;
        let mut browser = Browser::default();
        let ways = browser.open(&door, "/sign-in").await.text;
        for (address, name) in [("dfe", "DfE Sign-in"), ("staff", "Staff of the programme")] {
            let link = format!("<a href=\"/sign-in/oidc/{address}\">Sign in with {name}</a>");
            assert!(ways.contains(&link), "{ways}");
        }
        // Mails lead those there whom a link by mail does not let in.
        let accounts = browser.open(&door, "/sign-in/account").await.text;
        let staff = accounts.find("Sign in with Staff of the programme").expect("the staff's");
        let schools = accounts.find("Sign in with DfE Sign-in").expect("the schools'");
        assert!(staff < schools, "whom mails lead there comes first: {accounts}");
        assert!(!accounts.contains("<form"), "no link by mail: {accounts}");
        browser.sign_in(&door, "staff", "admin").await;
        let asked = r#"{"query":"{viewer{email}}"}"#;
        let seen = browser.send(&door, "/graphql", "application/json", asked).await;
        let viewer = r#"{"viewer":{"email":"demo.admin@example.org"}}"#;
        assert!(seen.text.contains(viewer), "{}", seen.text);
        let form = "application/x-www-form-urlencoded";
        let seen = browser.send(&door, "/sign-out", form, "").await;
        assert!(seen.text.contains("/sign-in/oidc/staff/sign-out"), "{}", seen.text);
        assert_eq!(browser.cookie("hubs_session"), None);
        assert_eq!(signed_in(&world).await, []);
        let seen = browser.open(&door, "/sign-in/oidc/staff/sign-out").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
        let there = seen.location.expect("an address");
        assert!(there.starts_with(&format!("{}/session/end?", service.issuer)), "{there}");
        let back = format!("{PUBLIC_URL}/sign-in").replace(':', "%3A").replace('/', "%2F");
        assert!(there.contains(&back), "{there}");
        let seen = browser.open(&door, &there).await;
        assert_eq!(seen.status, StatusCode::OK, "the service knows us and where to go: {there}");
    })
    .await;
}

#[tokio::test]
async fn a_service_that_could_not_be_used_stops_the_start_with_its_setting() {
    let world = tests::world::sqlite().await;
    let good = [
        ("KIND", "dfe_sign_in"),
        ("NAME", "DfE Sign-in"),
        ("ISSUER", "https://sign-in.example"),
        ("CLIENT_ID", "hubs"),
        ("CLIENT_SECRET", "hunter2"),
        ("ROLES_URL", "https://roles.example"),
        ("ROLES_SERVICE", "1"),
        ("ROLES_SECRET", "hunter2"),
        ("SCHOOL_USER_ROLES", "A"),
    ];
    for (setting, value, named) in [
        ("KIND", "anybody", "sign_in.issuers.dfe.kind"),
        ("NAME", " ", "sign_in.issuers.dfe.name"),
        ("ISSUER", "http://sign-in.example", "sign_in.issuers.dfe.issuer"),
        ("ISSUER", "sign-in.example", "sign_in.issuers.dfe.issuer"),
        ("CLIENT_ID", "", "sign_in.issuers.dfe.client_id"),
        ("SCOPES", "email profile", "sign_in.issuers.dfe.scopes"),
        ("ROLES_URL", "http://roles.example", "sign_in.issuers.dfe.roles_url"),
        ("ROLES_SECRET", "", "sign_in.issuers.dfe.roles_secret"),
        ("ROLES_SERVICE", "", "sign_in.issuers.dfe.roles_service"),
        ("SCHOOL_USER_ROLES", "", "sign_in.issuers.dfe.school_user_roles"),
        ("SECRET", "hunter2", "unknown field"),
    ] {
        let mut api = program(&world, "api", &["serve"]);
        for (setting, value) in good.into_iter().chain([(setting, value)]) {
            api.env(format!("HUBS__SIGN_IN__ISSUERS__DFE__{setting}"), value);
        }
        let said = refuse(api);
        assert!(said.contains(named), "{setting}={value}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
