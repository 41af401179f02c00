//! People of schools, from DfE Sign-in.

use axum::http::StatusCode;
use entity::hubs::hub;
use entity::people::{person, setting};
use entity::schools::{school, school_link, trust};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};
use tests::oidc::{Browser, Door, ORGANISATION, Service};
use tests::rise::Rise;
use tests::roles_api::RolesApi;
use tests::{World, both, node};

use crate::{accounts, audited, counts, school_user_of, signed_in};

const HEAD: &str = "head.of.demo.ash.school@example.org";
const DEPUTY: &str = "deputy@example.org";

#[tokio::test]
async fn a_known_contact_is_linked_to_their_account_and_others_are_made_as_their_school_says() {
    if node::is_absent() {
        return;
    }
    let service = Service::start(&accounts()).await;
    let roles = RolesApi::start().await;
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let door = Door::open(&world, &service.issuer, Some(&roles)).await;
        for account in ["head", "deputy"] {
            roles.say(ORGANISATION, account, Some("school_user.json"));
        }
        let (people, _) = counts(&world).await;
        let mut browser = Browser::default();
        let seen = browser.sign_in(&door, "dfe", "head").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
        assert_eq!(seen.location.as_deref(), Some("/graphql?a=b"));
        assert!(browser.cookie("hubs_session").is_some_and(|token| token.len() >= 43));
        assert_eq!(browser.cookie("hubs_attempt"), None, "it is over");
        assert_eq!(counts(&world).await, (people, 1), "nobody was made");
        assert_eq!(school_user_of(&world, HEAD).await, [rise.partners[0].setting]);

        let seen = Browser::default().sign_in(&door, "dfe", "deputy").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
        assert_eq!(counts(&world).await, (people + 1, 2));
        assert_eq!(school_user_of(&world, DEPUTY).await, [rise.partners[0].setting]);
        let deputy = person::Entity::find().filter(person::Column::Email.eq(DEPUTY));
        let deputy = deputy.one(world.db.reader()).await.expect("a read").expect("they are there");
        assert_eq!(deputy.name, "Demo Person");

        let again = Browser::default().sign_in(&door, "dfe", "deputy").await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text);
        assert_eq!(counts(&world).await, (people + 1, 2), "the same account is the same person");
        let expected = [HEAD, DEPUTY, DEPUTY].map(|who| (who.to_owned(), Some("dfe".to_owned())));
        assert_eq!(signed_in(&world).await, expected);
        let actions: Vec<_> = audited(&world).await.into_iter().map(|(action, _)| action).collect();
        let expected = ["roleGranted", "signedIn", "roleGranted", "signedIn", "signedIn"];
        assert_eq!(actions, expected);
    })
    .await;
}

#[tokio::test]
async fn whom_their_organisation_does_not_vouch_for_is_told_whom_to_ask() {
    if node::is_absent() {
        return;
    }
    let service = Service::start(&accounts()).await;
    let roles = RolesApi::start().await;
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Oak School"]).await;
        let [ash, oak] = [0, 1].map(|place: usize| rise.partners[place].setting);
        let door = Door::open(&world, &service.issuer, Some(&roles)).await;
        for account in ["council", "outside", "nowhere", "admin_of_school", "unverified", "trust"] {
            roles.say(ORGANISATION, account, Some("school_user.json"));
        }
        roles.say(ORGANISATION, "head", None);
        roles.say(ORGANISATION, "deputy", Some("other_roles.json"));
        let before = counts(&world).await;
        for (account, title) in [
            ("head", "You have no access to Hubs yet"),
            ("deputy", "You have no access to Hubs yet"),
            ("council", "Your organisation is not in a programme"),
            ("outside", "Your organisation is not in a programme"),
            ("trust", "Your organisation is not in a programme"),
            ("nowhere", "Your organisation is not in a programme"),
            ("admin_of_school", "Please sign in another way"),
            ("unverified", "Your e-mail address is not confirmed"),
        ] {
            let seen = Browser::default().sign_in(&door, "dfe", account).await;
            assert_eq!(seen.status, StatusCode::FORBIDDEN, "{account}: {}", seen.text);
            assert!(seen.text.contains(title), "{account}: {}", seen.text);
            assert!(seen.text.contains("the reference "), "{}", seen.text);
            assert!(seen.headers.contains_key("content-security-policy"));
        }
        assert_eq!(counts(&world).await, before, "nobody was made");
        assert_eq!(signed_in(&world).await, []);
        for (action, detail) in audited(&world).await {
            assert_eq!(action, "signInRefused");
            assert!(detail.starts_with("dfe: ") && !detail.contains('@'), "{detail}");
        }

        // What a school gave by its word, it takes back by it, and for another school it is not had.
        roles.say(ORGANISATION, "deputy", Some("school_user.json"));
        roles.say(ORGANISATION, "elsewhere", Some("school_user.json"));
        Browser::default().sign_in(&door, "dfe", "deputy").await;
        assert_eq!(school_user_of(&world, DEPUTY).await, [ash]);
        // The same address from another account is the same person, with what that one brings.
        Browser::default().sign_in(&door, "dfe", "elsewhere").await;
        assert_eq!(school_user_of(&world, DEPUTY).await.len(), 2);
        roles.say(ORGANISATION, "deputy", None);
        let seen = Browser::default().sign_in(&door, "dfe", "deputy").await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN);
        assert_eq!(school_user_of(&world, DEPUTY).await, [oak]);
        let taken_back = audited(&world).await;
        assert!(taken_back.iter().any(|(action, _)| action == "roleTakenBack"), "{taken_back:?}");

        roles.fail();
        let seen = Browser::default().sign_in(&door, "dfe", "elsewhere").await;
        assert_eq!(seen.status, StatusCode::SERVICE_UNAVAILABLE, "{}", seen.text);
        assert_eq!(school_user_of(&world, DEPUTY).await, [oak], "a failure says nothing");
    })
    .await;
}

#[tokio::test]
async fn without_a_roles_api_contacts_come_in_with_the_roles_they_have_and_nobody_else() {
    if node::is_absent() {
        return;
    }
    let service = Service::start(&accounts()).await;
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let door = Door::open(&world, &service.issuer, None).await;
        for account in ["head", "deputy"] {
            let seen = Browser::default().sign_in(&door, "dfe", account).await;
            assert!(seen.text.contains("You have no access to Hubs yet"), "{}", seen.text);
        }
        let txn = world.db.write().await.expect("a transaction");
        let setting_id = rise.partners[0].setting;
        let grant = entity::people::grants::Grant::SchoolUser { setting_id };
        let head = rise.partners[0].head;
        entity::people::grants::grant(&txn, world.clock.now(), head, grant).await.expect("a role");
        txn.commit().await.expect("commit");
        let seen = Browser::default().sign_in(&door, "dfe", "head").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
        assert_eq!(signed_in(&world).await, [(HEAD.to_owned(), Some("dfe".to_owned()))]);
    })
    .await;
}

#[tokio::test]
async fn a_school_that_closed_is_the_one_that_followed_it_and_a_trust_is_known_by_its_uid() {
    if node::is_absent() {
        return;
    }
    let service = Service::start(&accounts()).await;
    let roles = RolesApi::start().await;
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let door = Door::open(&world, &service.issuer, Some(&roles)).await;
        roles.say(ORGANISATION, "old_urn", Some("school_user.json"));
        roles.say(ORGANISATION, "trust", Some("school_user.json"));
        let seen = Browser::default().sign_in(&door, "dfe", "old_urn").await;
        assert!(seen.text.contains("not in a programme"), "{}", seen.text);
        follow(&world).await;
        let seen = Browser::default().sign_in(&door, "dfe", "old_urn").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
        assert_eq!(school_user_of(&world, DEPUTY).await, [rise.partners[0].setting]);

        let led = lead_by_trust(&world, &rise).await;
        let seen = Browser::default().sign_in(&door, "dfe", "trust").await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
        assert_eq!(school_user_of(&world, "trust@example.org").await, [led]);
    })
    .await;
}

/// The first partner's school has followed one with the URN 900090, which closed.
async fn follow(world: &World) {
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let partner = school::Entity::find().filter(school::Column::Urn.eq(900_002));
    let partner = partner.one(&txn).await.expect("a read").expect("the school");
    let closed = school::Model {
        id: entity::id::new_id(now),
        urn: 900_090,
        status: "closed".to_owned(),
        ..partner
    };
    closed.into_active_model().insert(&txn).await.expect("a school");
    let link = school_link::ActiveModel {
        id: Set(entity::id::new_id(now)),
        urn: Set(900_090),
        link_urn: Set(900_002),
        link_name: Set("Demo Ash School".to_owned()),
        link_type: Set("Successor".to_owned()),
        established_on: Set(None),
    };
    link.insert(&txn).await.expect("a link");
    txn.commit().await.expect("commit");
}

/// From now on a trust with the UID 77 leads the hub; returns its setting.
async fn lead_by_trust(world: &World, rise: &Rise) -> uuid::Uuid {
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let row = trust::ActiveModel {
        id: Set(entity::id::new_id(now)),
        code: Set("77".to_owned()),
        name: Set("Demo Trust".to_owned()),
        kind: Set("multi_academy".to_owned()),
    };
    let trust = row.insert(&txn).await.expect("a trust");
    let setting: setting::Model =
        entity::people::settings::ensure_for_trust(&txn, now, trust.id).await.expect("a setting");
    let mut hub = rise.hub.clone().into_active_model();
    hub.lead_setting_id = Set(setting.id);
    hub::Entity::update(hub).exec(&txn).await.expect("the hub");
    txn.commit().await.expect("commit");
    setting.id
}
