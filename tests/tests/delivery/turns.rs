//! Whose turn it is: what somebody waits for goes first, and what cannot go anyway is left alone.

use entity::messages::{message, outbox};
use sea_orm::ActiveValue::Set;
use sea_orm::{EntityTrait as _, IntoActiveModel as _};
use tests::both;
use tests::rise::at;
use tests::smtp::{Fault, Step};
use uuid::Uuid;

use super::{EIGHT, pass_at, rows, seeded, stories};

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
        let first = outbox::claim(&txn, now, "a worker", 60, 1).await.expect("claimed");
        let kinds: Vec<_> = first.iter().map(|claimed| claimed.message.kind.as_str()).collect();
        assert_eq!(kinds, ["sign_in_link"], "{}", world.name);
        let rest = outbox::claim(&txn, now, "a worker", 60, 99).await.expect("claimed");
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
