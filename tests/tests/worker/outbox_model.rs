//! The outbox against a small model of it: workers claim, begin, end, freeze and die in any order,
//! with leases old and new, and after every step the rows are what the model says.

mod model;
mod steps;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::messages::message::{ActiveModel, Entity};
use entity::messages::{message, message_event, reminder};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use rules::messages::MessageState::{
    self, Accepted as Taken, Cancelled, Handoff, Held, Leased, Pending, Rejected,
};
use rules::messages::notices::{Reach, reach};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait as _;
use sea_orm::sea_query::Expr;
use tests::rise::{Rise, at};
use tests::{World, both};

use self::model::{Event, Expected, Model, events};
use self::steps::step;
use crate::{EIGHT, bundled, messages};

const WORKERS: usize = 3;
const ROUNDS: usize = 40;

/// All messages as if they had just been decided.
async fn start_over(world: &World) -> Model {
    let now = at(EIGHT);
    let txn = world.db.write().await.expect("a transaction");
    message_event::Entity::delete_many().exec(&txn).await.expect("deleted");
    Entity::update_many()
        .set(ActiveModel {
            state: Set("pending".to_owned()),
            lease_epoch: Set(0),
            lease_owner: Set(None),
            leased_until: Set(None),
            body: Set(None),
            body_hash: Set(None),
            send_after: Set(now),
            attempts: Set(0),
            ..Default::default()
        })
        .exec(&txn)
        .await
        .expect("set back");
    reminder::Entity::update_many()
        .col_expr(reminder::Column::State, Expr::value("bundled"))
        .exec(&txn)
        .await
        .expect("set back");
    txn.commit().await.expect("commit");
    let messages = messages(world).await.into_iter().map(|row| {
        let expected = Expected {
            state: Pending,
            epoch: 0,
            owner: None,
            over: false,
            send_after: now,
            doubted: false,
            bytes: None,
        };
        (row.id, expected)
    });
    Model { now, messages: messages.collect(), given: Vec::new(), arrived: BTreeMap::new() }
}

fn seen(row: &message::Model) -> (MessageState, i64, DateTime<Utc>, Option<Vec<u8>>) {
    let state = row.state.parse().expect("a state");
    (state, row.lease_epoch, row.send_after, row.body.clone())
}

async fn compare(world: &World, model: &Model, told: &str) {
    for row in messages(world).await {
        let one = &model.messages[&row.id];
        let expected = (one.state, one.epoch, one.send_after, one.bytes.clone());
        assert_eq!(seen(&row), expected, "{told}");
        assert!(row.attempts >= 0, "{told}");
        // Whoever still works has a lease that ends; nobody else has one.
        let works = matches!(one.state, Leased | Handoff);
        assert_eq!(row.leased_until.is_some(), works, "{told}: {row:?}");
    }
}

/// What must be true of what arrived, whatever happened.
fn check_arrivals(model: &Model, told: &str) {
    for (id, one) in &model.messages {
        let arrived = model.arrived.get(id).map_or(&[][..], Vec::as_slice);
        assert!(arrived.len() <= 1 + usize::from(one.doubted), "{told}: {arrived:?}");
        assert!(arrived.windows(2).all(|pair| pair[0] == pair[1]), "{told}: other bytes");
        assert!(one.state != Taken || !arrived.is_empty(), "{told}: {id} is lost");
        if !arrived.is_empty() {
            // Else nobody would hear that what it told of has changed.
            assert_eq!(reach(one.state, one.doubted), Reach::Gone, "{told}: {id} is forgotten");
        }
        if one.state == Cancelled && !one.doubted {
            assert_eq!(arrived.len(), 0, "{told}: sent after it was called off");
        }
    }
}

/// One step in a transaction, which may come to nothing.
async fn take(world: &World, model: &mut Model, event: &Event, killed: bool) {
    let before = model.clone();
    let txn = world.db.write().await.expect("a transaction");
    step(&txn, model, event).await;
    if killed {
        txn.rollback().await.expect("undone");
        // What arrived has arrived, and its holder is no more.
        let arrived = std::mem::take(&mut model.arrived);
        let heard: Vec<bool> = model.given.iter().map(|given| given.ended).collect();
        *model = Model { arrived, ..before };
        for (given, ended) in model.given.iter_mut().zip(heard) {
            given.ended |= ended;
        }
    } else {
        txn.commit().await.expect("a commit");
    }
}

#[tokio::test]
async fn whatever_workers_do_in_any_order_the_outbox_is_as_the_model_says() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School", "Demo Oak School", "Demo Elm School"]).await;
        bundled(&world).await;
        let mut runner = TestRunner::deterministic();
        let mut ends: BTreeMap<String, usize> = BTreeMap::new();
        for round in 0..ROUNDS {
            let events = events().new_tree(&mut runner).expect("events").current();
            let mut model = start_over(&world).await;
            for (number, (event, killed)) in events.iter().enumerate() {
                let told = format!("{} round {round}: {:?}", world.name, &events[..=number]);
                take(&world, &mut model, event, *killed).await;
                compare(&world, &model, &told).await;
                check_arrivals(&model, &told);
            }
            // Then all sleep for good, and one that is well goes to the end of it.
            let told = format!("{} round {round}, at its end: {events:?}", world.name);
            for worker in 0..WORKERS {
                take(&world, &mut model, &Event::Freeze { worker }, false).await;
            }
            while model.messages.values().any(|one| !one.state.is_an_end()) {
                for event in [
                    Event::Settle,
                    Event::Forward { minutes: 10 },
                    Event::Claim { worker: 0, most: 1 },
                    Event::Begin(0),
                    Event::Accept(0),
                ] {
                    take(&world, &mut model, &event, false).await;
                }
                check_arrivals(&model, &told);
            }
            compare(&world, &model, &told).await;
            for one in model.messages.values() {
                *ends.entry(format!("{:?}", one.state)).or_default() += 1;
            }
        }
        // The rounds come to every end there is.
        for end in [Taken, Held, Rejected, Cancelled] {
            assert!(ends.contains_key(&format!("{end:?}")), "{}: {ends:?}", world.name);
        }
    })
    .await;
}
