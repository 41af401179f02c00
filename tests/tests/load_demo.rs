//! The demo programme, as `cargo up` shows it.

use std::collections::BTreeSet;

use api::commands::load_demo;
use entity::engagement::{Assessed, alert_event, assess_programme, engagement_alert};
use entity::enrolments::{enrolment, obligation};
use entity::messages::reminder;
use entity::people::{access_token, contact, person, role_grant};
use entity::plans::{plan, review, self_assessment};
use entity::programme::programme;
use entity::schools::school;
use entity::visits::visit;
use rules::people::Role;
use sea_orm::{EntityTrait as _, PaginatorTrait as _, QueryOrder as _};
use sha2::{Digest as _, Sha256};
use strum::VariantArray as _;
use tests::both;

#[tokio::test]
async fn the_demo_shows_every_part_in_mid_story() {
    both(async |world| {
        load_demo::load(&world.db, world.clock.now()).await.expect("it loads");
        let db = world.db.reader();
        assert_eq!(school::Entity::find().count(db).await.expect("a read"), 60);
        assert_eq!(enrolment::Entity::find().count(db).await.expect("a read"), 25);
        assert_eq!(reminder::Entity::find().count(db).await.expect("a read"), 0);
        let obligations = obligation::Entity::find().all(db).await.expect("a read");
        let states: BTreeSet<&str> = obligations.iter().map(|row| row.state.as_str()).collect();
        assert_eq!(states, BTreeSet::from(["excused", "met", "missed", "open"]));
        let actions: BTreeSet<&str> = obligations.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, BTreeSet::from(["attend", "do", "watch_recording"]));
        let deeds: BTreeSet<&str> =
            obligations.iter().filter_map(|row| row.deed_kind.as_deref()).collect();
        for deed in ["support_day", "deep_dive_visit", "self_assessment", "improvement_plan"] {
            assert!(deeds.contains(deed), "{deed}: {deeds:?}");
        }
        let visits = visit::Entity::find().all(db).await.expect("a read");
        let states: BTreeSet<&str> = visits.iter().map(|row| row.state.as_str()).collect();
        assert_eq!(states, BTreeSet::from(["agreed", "cancelled", "proposed", "recorded"]));
        let plans = plan::Entity::find().all(db).await.expect("a read");
        let states: BTreeSet<&str> = plans.iter().map(|row| row.state.as_str()).collect();
        assert_eq!(states, BTreeSet::from(["agreed", "draft"]));
        let assessed = self_assessment::Entity::find().all(db).await.expect("a read");
        let states: BTreeSet<&str> = assessed.iter().map(|row| row.state.as_str()).collect();
        assert_eq!(states, BTreeSet::from(["completed", "draft"]));
        assert!(review::Entity::find().count(db).await.expect("a read") > 0);
        let now = world.clock.now();
        let overdue = obligations.iter().filter(|row| row.state == "open" && row.due_at <= now);
        assert_eq!(overdue.count(), 7, "{}", world.name);
        let today = now.date_naive();
        let due_today = obligations.iter().filter(|row| row.state == "open" && row.due_on == today);
        assert_eq!(due_today.count(), 8, "the CPD session of that afternoon");
        let future = obligations.iter().filter(|row| row.recorded_at.is_some_and(|at| at > now));
        assert_eq!(future.count(), 0, "nothing was recorded in the future");
        for alert in engagement_alert::Entity::find().all(db).await.expect("a read") {
            let ended = alert.resolved_at.is_none_or(|at| at >= alert.raised_at);
            assert!(ended, "{}: {} ended before it was raised", world.name, alert.rule);
        }
        for person in person::Entity::find().all(db).await.expect("a read") {
            assert!(person.email.ends_with(".example"), "nobody real: {}", person.email);
        }
    })
    .await;
}

#[tokio::test]
async fn the_demo_shows_alerts_of_several_rules_one_taken_on_and_one_set_aside() {
    both(async |world| {
        load_demo::load(&world.db, world.clock.now()).await.expect("it loads");
        let db = world.db.reader();
        let alerts = engagement_alert::Entity::find().all(db).await.expect("a read");
        let rules: BTreeSet<&str> = alerts.iter().map(|row| row.rule.as_str()).collect();
        for rule in
            ["overdue_obligation", "self_assessment_missing", "cpd_behind", "open_day_missed"]
        {
            assert!(rules.contains(rule), "{}: {rules:?}", world.name);
        }
        let count = |state| alerts.iter().filter(|row| row.state == state).count();
        assert_eq!((count("acknowledged"), count("snoozed")), (1, 1), "{}", world.name);
        assert!(count("firing") >= 4, "{}: {alerts:#?}", world.name);
        let story = alert_event::Entity::find().all(db).await.expect("a read");
        assert!(story.iter().all(|step| step.happened_at <= world.clock.now()));
        // The worker of the demonstration finds nothing left to say.
        let before = alerts.len();
        let txn = world.db.write().await.expect("a transaction");
        for row in programme::Entity::find().all(&txn).await.expect("programmes") {
            let done = assess_programme(&txn, world.clock.now(), row.id).await.expect("assessed");
            assert_eq!(done, Assessed::default(), "{}", world.name);
        }
        txn.commit().await.expect("commit");
        let after = engagement_alert::Entity::find().count(db).await.expect("a read");
        assert_eq!(after, before as u64);
    })
    .await;
}

#[tokio::test]
async fn every_role_gets_a_token_of_which_only_the_hash_is_kept() {
    both(async |world| {
        let tokens = load_demo::load(&world.db, world.clock.now()).await.expect("it loads");
        let roles: Vec<Role> = tokens.iter().map(|token| token.role).collect();
        assert_eq!(roles, Role::VARIANTS);
        let db = world.db.reader();
        let kept = access_token::Entity::find().all(db).await.expect("a read");
        let grants = role_grant::Entity::find().all(db).await.expect("a read");
        for token in &tokens {
            assert_eq!(token.token.len(), "hubs_".len() + 43);
            let hash = format!("{:x}", Sha256::digest(&token.token));
            let row = kept.iter().find(|row| row.token_hash == hash).expect("its hash");
            let role = <&str>::from(token.role);
            assert!(
                grants.iter().any(|grant| grant.person_id == row.person_id && grant.role == role)
            );
            assert_eq!((row.expires_at - world.clock.now()).num_days(), 30);
        }
    })
    .await;
}

#[tokio::test]
async fn loading_the_demo_again_only_replaces_the_tokens() {
    both(async |world| {
        let first = load_demo::load(&world.db, world.clock.now()).await.expect("it loads");
        let db = world.db.reader();
        let read = async || {
            (
                obligation::Entity::find()
                    .order_by_asc(obligation::Column::Id)
                    .all(db)
                    .await
                    .expect("a read"),
                contact::Entity::find()
                    .order_by_asc(contact::Column::Id)
                    .all(db)
                    .await
                    .expect("a read"),
                role_grant::Entity::find()
                    .order_by_asc(role_grant::Column::Id)
                    .all(db)
                    .await
                    .expect("a read"),
            )
        };
        let before = read().await;
        let second = load_demo::load(&world.db, world.clock.now()).await.expect("it loads");
        assert_eq!(read().await, before, "{}", world.name);
        let kept = access_token::Entity::find().all(db).await.expect("a read");
        let good: BTreeSet<&str> = kept
            .iter()
            .filter(|row| row.revoked_at.is_none())
            .map(|row| row.token_hash.as_str())
            .collect();
        assert_eq!(good.len(), 5);
        for (old, new) in first.iter().zip(&second) {
            assert!(!good.contains(format!("{:x}", Sha256::digest(&old.token)).as_str()));
            assert!(good.contains(format!("{:x}", Sha256::digest(&new.token)).as_str()));
        }
    })
    .await;
}

#[tokio::test]
async fn the_demo_is_not_mixed_into_another_programme() {
    both(async |world| {
        let txn = world.db.write().await.expect("a transaction");
        let rise = include_str!("../../set-ups/rise.toml");
        api::commands::set_up::load(&txn, world.clock.now(), rise).await.expect("it loads");
        txn.commit().await.expect("commit");
        let refused = load_demo::load(&world.db, world.clock.now()).await;
        assert!(refused.err().is_some_and(|error| error.to_string().contains("not the demo")));
        assert_eq!(school::Entity::find().count(world.db.reader()).await.expect("a read"), 0);
    })
    .await;
}

#[tokio::test]
async fn the_demo_loaded_on_a_later_day_stands_as_on_its_own() {
    both(async |world| {
        let later = world.clock.now() + chrono::TimeDelta::days(48);
        load_demo::load(&world.db, later).await.expect("it loads");
        let rows = obligation::Entity::find().all(world.db.reader()).await.expect("a read");
        let recorded = rows.iter().filter_map(|row| row.recorded_at).max();
        assert!(recorded.is_some_and(|at| at <= world.clock.now()), "{}: {recorded:?}", world.name);
    })
    .await;
}
