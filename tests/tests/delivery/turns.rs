//! Whose turn it is: what somebody waits for goes first, and what cannot go anyway is left alone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use entity::messages::{message, outbox, suppressions};
use entity::scope::Scope;
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait as _, IntoActiveModel as _};
use tests::rise::at;
use tests::smtp::{Fault, Step};
use tests::{both, until};
use tokio::sync::Barrier;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::pass;

use super::{EIGHT, app, asks_for_a_link, pass_at, rows, seeded, states, stories};

#[tokio::test]
async fn a_link_to_sign_in_goes_before_all_that_has_waited_longer() {
    both(async |world| {
        let (world, server) = seeded(world, 4, 1).await;
        server.plan(Step::Greeting, None, Fault::Drop, 9);
        pass_at(&world, EIGHT).await;
        let waiting = rows(&world).await.into_iter().find(|row| row.state == "pending");
        let (waiting, now) = (waiting.expect("a digest that waits"), at("2026-10-05T07:00:05Z"));
        let txn = world.db.write().await.expect("a transaction");
        let link = message::ActiveModel {
            id: Set(Uuid::from_u128(7)),
            kind: Set("sign_in_link".to_owned()),
            dedupe_key: Set("sign-in:7".to_owned()),
            local_day: Set(None),
            send_after: Set(now),
            ..waiting.into_active_model()
        };
        message::Entity::insert(link).exec_without_returning(&txn).await.expect("queued");
        let first = outbox::claim(&txn, now, "a worker", 60, 1).await.expect("claimed").taken;
        let kinds: Vec<_> = first.iter().map(|claimed| claimed.message.kind.as_str()).collect();
        assert_eq!(kinds, ["sign_in_link"], "{}", world.name);
        let rest = outbox::claim(&txn, now, "a worker", 60, 99).await.expect("claimed").taken;
        assert!(rest.len() >= 3 && rest.iter().all(|claimed| claimed.message.kind == "digest"));
        txn.rollback().await.expect("given back");
    })
    .await;
}

#[tokio::test]
async fn while_the_mail_server_is_away_a_look_at_it_costs_one_message() {
    both(async |world| {
        let (world, server) = seeded(world, 12, 4).await;
        server.plan(Step::Greeting, None, Fault::Drop, 99);
        // Each pass is that of a worker that knows nothing of the server yet.
        for minute in 0..5 {
            pass_at(&world, &format!("2026-10-05T07:{:02}:00Z", minute * 5)).await;
        }
        let stories = stories(&world).await;
        let taken = stories.values().flatten().filter(|state| *state == "leased").count();
        assert!(taken <= 5, "{}: {stories:#?}", world.name);
        server.forget();
        pass_at(&world, "2026-10-05T09:00:00Z").await;
        assert!(rows(&world).await.iter().all(|row| row.state == "accepted"), "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_morning_of_many_digests_does_not_keep_a_link_to_sign_in_waiting() {
    both(async |world| {
        let (world, server) = seeded(world, 12, 1).await;
        world.clock.set(at(EIGHT));
        let mut app = app(&world).await;
        // As if each batch had taken all the time that a run has.
        app.limits.turn = Duration::ZERO;
        let stop = CancellationToken::new();
        let first = pass::run(&app, &stop).await;
        assert!(first.more(), "{}: the next pass goes on: {first}", world.name);
        let before = server.taken().len();
        assert!((1..13).contains(&before), "{}: {before} of 13 went", world.name);
        asks_for_a_link(&world, "head.of.demo.school.7@example.org").await;
        let mut passes = 0;
        while pass::run(&app, &stop).await.more() {
            passes += 1;
            assert!(passes < 20, "{}: {:?}", world.name, states(&world).await);
        }
        let taken = server.taken();
        let link = String::from_utf8_lossy(&taken[before].bytes).contains("/sign-in");
        assert!(link && taken[before].to.contains("school.7"), "{}: not the next", world.name);
        assert_eq!(taken.len(), 14, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn what_was_looked_at_too_long_ago_is_looked_at_again_before_it_goes() {
    both(async |world| {
        let (world, server) = seeded(world, 3, 2).await;
        world.clock.set(at(EIGHT));
        let mut slow = app(&world).await;
        // As if every message had waited for a connection longer than a look holds.
        (slow.limits.fresh, slow.limits.turn) = (Duration::ZERO, Duration::ZERO);
        pass::run(&slow, &CancellationToken::new()).await;
        assert!(server.taken().is_empty(), "{}", world.name);
        let found = rows(&world).await;
        assert!(found.iter().all(|row| (row.state.as_str(), row.attempts) == ("pending", 0)));
        let txn = world.db.write().await.expect("a transaction");
        let (now, head) = (world.clock.now(), found[0].person_id);
        suppressions::add(&txn, &Scope::System, None, now, head, "Asked").await.expect("added");
        txn.commit().await.expect("commit");
        pass_at(&world, "2026-10-05T07:01:00Z").await;
        assert_eq!(states(&world).await, ["accepted", "accepted", "accepted", "suppressed"]);
        assert_eq!(server.taken().len(), 3, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn what_a_slow_mail_server_kept_waiting_is_looked_at_again_before_its_bytes_go() {
    both(async |world| {
        let (mut world, server) = seeded(world, 1, 1).await;
        world.config.mail.smtp_timeout_seconds = 30;
        world.clock.set(at(EIGHT));
        let mut app = app(&world).await;
        (app.limits.fresh, app.limits.turn) = (Duration::from_secs(2), Duration::ZERO);
        let met = Arc::new(Barrier::new(2));
        server.plan(Step::Data, None, Fault::Meet(Arc::clone(&met)), 1);
        let began = Instant::now();
        let slow = async {
            let old = async || (began.elapsed() > Duration::from_secs(3)).then_some(());
            until("the look has grown old", old).await;
            met.wait().await;
        };
        let stop = CancellationToken::new();
        let mut passing = std::pin::pin!(pass::run(&app, &stop));
        tokio::select! {
            _ = &mut passing => {}
            () = slow => drop(passing.await),
        }
        assert!(server.taken().is_empty(), "{}", world.name);
        pass_at(&world, "2026-10-05T07:01:00Z").await;
        assert_eq!(server.taken().len(), 2, "{}", world.name);
    })
    .await;
}
