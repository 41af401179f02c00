//! Digests that could not go on their day: what they were to say goes with the next day's.

use entity::messages::{message, reminder};
use entity::operations::pauses::{self, What};
use entity::scope::Scope;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::rise::{Rise, at};
use tests::{World, both};
use worker::ledger;

use crate::{EIGHT, app, mails, messages, pass_at, reminders, to_head};

const TUESDAY_AT_EIGHT: &str = "2026-10-06T07:00:00Z";
const TUESDAY_AT_NINE: &str = "2026-10-06T08:00:00Z";

/// Lets routine mail stand still, or go on.
async fn pause(world: &World, moment: &str, paused: bool) {
    let now = at(moment);
    ledger::register(&app(world).await).await.expect("the lanes are registered");
    let txn = world.db.write().await.expect("a transaction");
    let lane = What::named(&txn, "routine").await.expect("a read").expect("a lane");
    let by = &Scope::System;
    if paused {
        pauses::pause(&txn, by, None, now, lane, "A look first", None).await.expect("paused");
    } else {
        let standing = pauses::of(&txn, now, lane).await.expect("a read").expect("paused");
        let which = (lane.kind(), standing.id);
        pauses::resume(&txn, by, None, now, which, None, "Looked").await.expect("resumed");
    }
    txn.commit().await.expect("commit");
}

/// All that was planned for these people by Tuesday went on Tuesday, in one mail each.
async fn all_went_on_tuesday(world: &World, rise: &Rise) {
    let sent = mails(world);
    assert_eq!(sent.len(), 3, "{}: one for each head and one for the lead", world.name);
    for (partner, name) in rise.partners.iter().zip(["Demo Ash School", "Demo Oak School"]) {
        let mut due = reminders(world, partner.head).await;
        // A later one took the place of some.
        due.retain(|row| row.expires_at > at(TUESDAY_AT_EIGHT));
        assert!(due.iter().any(|row| row.send_on.to_string() == "2026-10-05"), "{due:#?}");
        assert!(due.iter().all(|row| row.state == "sent"), "{}: {due:#?}", world.name);
        let carried = due[0].message_id;
        assert!(due.iter().all(|row| row.message_id == carried), "{}", world.name);
        let told = to_head(&sent, name).text.lines().filter(|line| line.starts_with("* ")).count();
        assert_eq!(told, due.len(), "{}", world.name);
    }
    let rows = messages(world).await;
    let on = |day: &str| {
        let of_day =
            rows.iter().filter(|row| row.local_day.is_some_and(|it| it.to_string() == day));
        of_day.map(|row| row.state.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(on("2026-10-05"), ["expired"; 3], "{}", world.name);
    assert_eq!(on("2026-10-06"), ["accepted"; 3], "{}", world.name);
}

#[tokio::test]
async fn what_a_pause_overnight_held_up_goes_with_the_next_days_digest() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Oak School"]).await;
        pass_at(&world, "2026-10-05T06:58:00Z").await;
        pause(&world, "2026-10-05T06:59:00Z", true).await;
        pass_at(&world, EIGHT).await;
        assert_eq!(messages(&world).await.len(), 3, "made, and kept");
        for moment in ["2026-10-05T17:30:00Z", TUESDAY_AT_EIGHT] {
            pass_at(&world, moment).await;
            assert!(mails(&world).is_empty(), "{}", world.name);
        }
        pause(&world, TUESDAY_AT_NINE, false).await;
        pass_at(&world, TUESDAY_AT_NINE).await;
        all_went_on_tuesday(&world, &rise).await;
    })
    .await;
}

#[tokio::test]
async fn what_was_made_before_the_workers_went_away_goes_with_the_next_days_digest() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Oak School"]).await;
        crate::bundled(&world).await;
        // One of them was in the hands of a worker that is gone.
        message::Entity::update_many()
            .col_expr(message::Column::State, Expr::value("leased"))
            .col_expr(message::Column::LeasedUntil, Expr::value(at("2020-01-01T00:00:00Z")))
            .filter(message::Column::PersonId.eq(rise.partners[0].head))
            .exec(world.db.migrator())
            .await
            .expect("leased");
        pass_at(&world, TUESDAY_AT_EIGHT).await;
        all_went_on_tuesday(&world, &rise).await;
    })
    .await;
}

#[tokio::test]
async fn a_digest_that_a_worker_holds_or_that_may_have_arrived_is_left_to_the_delivery() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Oak School"]).await;
        crate::bundled(&world).await;
        let [ash, oak] = [rise.partners[0].head, rise.partners[1].head];
        let until = at("2099-01-01T00:00:00Z");
        for (person, state) in [(ash, "leased"), (oak, "handoff")] {
            message::Entity::update_many()
                .col_expr(message::Column::State, Expr::value(state))
                .col_expr(message::Column::LeasedUntil, Expr::value(until))
                .filter(message::Column::PersonId.eq(person))
                .exec(world.db.migrator())
                .await
                .expect("held");
        }
        pass_at(&world, TUESDAY_AT_EIGHT).await;
        for (person, state) in [(ash, "leased"), (oak, "handoff")] {
            let rows = messages(&world).await;
            let monday = rows.iter().find(|row| {
                row.person_id == person
                    && row.local_day.is_some_and(|day| day.to_string() == "2026-10-05")
            });
            let monday = monday.expect("Monday's digest");
            assert_eq!(monday.state, state, "{}", world.name);
            let carried = reminder::Entity::find()
                .filter(reminder::Column::MessageId.eq(monday.id))
                .all(world.db.reader())
                .await
                .expect("reminders");
            assert!(!carried.is_empty() && carried.iter().all(|row| row.state == "bundled"));
        }
    })
    .await;
}
