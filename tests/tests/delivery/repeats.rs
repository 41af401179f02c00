//! What is handed over once more, since it may or may not have arrived: the same bytes to the same
//! address, or nothing.

use entity::messages::suppressions::{self, Ground};
use entity::messages::{message, message_event};
use entity::people::person;
use rules::messages::suppression::SuppressionReason;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tests::smtp::{Fault, Server, Step};
use tests::{World, both};

use super::{EIGHT, LATER, asks_for_a_link, pass_at, rows, seeded, states};

const HEAD: &str = "head.of.demo.school.1@example.org";
const ANOTHER: &str = "somebody.else@example.org";

/// The head's mail arrives, and nobody hears of it.
async fn in_doubt(world: World) -> (World, Server, message::Model) {
    let (world, server) = seeded(world, 1, 1).await;
    server.plan(Step::Body, Some(HEAD), Fault::TakeAndDrop, 1);
    pass_at(&world, EIGHT).await;
    let found = rows(&world).await.into_iter().find(|row| row.state == "uncertain");
    let found = found.expect("one in doubt");
    assert_eq!(states(&world).await, ["accepted", "uncertain"], "{}", world.name);
    (world, server, found)
}

/// Puts the head's address right, as it were.
async fn change_address(world: &World) {
    person::Entity::update_many()
        .col_expr(person::Column::Email, Expr::val(ANOTHER))
        .filter(person::Column::Email.eq(HEAD))
        .exec(world.db.migrator())
        .await
        .expect("changed");
}

async fn last_words(world: &World, row: &message::Model) -> (String, Vec<String>) {
    let events = message_event::Entity::find()
        .filter(message_event::Column::MessageId.eq(row.id))
        .order_by_asc(message_event::Column::HappenedAt)
        .all(world.db.reader())
        .await
        .expect("events");
    let last = events.last().expect("a story").state.clone();
    (last, events.into_iter().map(|event| event.detail).collect())
}

#[tokio::test]
async fn a_repeat_goes_to_the_address_of_the_first_time_and_its_story_says_so() {
    both(async |world| {
        let (world, server, row) = in_doubt(world).await;
        change_address(&world).await;
        // What is kept from the reader's address of today does not keep this back.
        suppress(&world, ANOTHER).await;
        pass_at(&world, LATER).await;
        let taken: Vec<_> = server.taken().into_iter().filter(|mail| mail.to == HEAD).collect();
        assert_eq!(taken.len(), 2, "{}: {:?}", world.name, server.taken());
        assert_eq!(taken[0].bytes, taken[1].bytes);
        assert!(server.taken().iter().all(|mail| mail.to != ANOTHER));
        let (last, words) = last_words(&world, &row).await;
        assert_eq!(last, "accepted");
        let again = words.iter().filter(|words| words.contains("the address of the first time"));
        assert_eq!(again.count(), 1, "{words:#?}");
        assert!(
            words.iter().all(|words| !words.contains('@') || words.contains(">.")),
            "{words:?}"
        );
    })
    .await;
}

async fn suppress(world: &World, address: &str) {
    let (txn, now) = (world.db.write().await.expect("a transaction"), world.clock.now());
    let reason = SuppressionReason::ByHand;
    let ground = Ground { reason, note: "Asked", message_id: None, by: None };
    suppressions::suppress(&txn, now, address, ground).await.expect("on the list");
    txn.commit().await.expect("commit");
}

#[tokio::test]
async fn a_repeat_does_not_go_to_an_address_that_takes_no_mail_by_now() {
    both(async |world| {
        let (world, server, row) = in_doubt(world).await;
        suppress(&world, HEAD).await;
        change_address(&world).await;
        pass_at(&world, LATER).await;
        assert_eq!(server.taken().len(), 2, "{}", world.name);
        let (last, words) = last_words(&world, &row).await;
        assert_eq!(last, "suppressed", "{}: {words:#?}", world.name);
        let told = words.last().expect("words");
        assert!(told.ends_with("It may have arrived before."), "{told}");
    })
    .await;
}

#[tokio::test]
async fn a_link_to_sign_in_is_not_repeated_to_an_address_that_is_no_longer_its_readers() {
    both(async |world| {
        let (world, server) = seeded(world, 1, 1).await;
        pass_at(&world, EIGHT).await;
        server.forget();
        asks_for_a_link(&world, HEAD).await;
        server.plan(Step::Body, Some(HEAD), Fault::TakeAndDrop, 1);
        pass_at(&world, "2026-10-05T07:00:30Z").await;
        let row = rows(&world).await.into_iter().find(|row| row.kind == "sign_in_link");
        let row = row.expect("a link");
        assert_eq!(row.state, "uncertain", "{}", world.name);
        change_address(&world).await;
        pass_at(&world, "2026-10-05T07:03:00Z").await;
        assert_eq!(server.taken().len(), 1, "{}", world.name);
        let (last, words) = last_words(&world, &row).await;
        assert_eq!(last, "cancelled", "{}: {words:#?}", world.name);
    })
    .await;
}

#[tokio::test]
async fn what_may_have_arrived_is_not_written_anew_when_its_bytes_are_damaged_or_gone() {
    for damaged in [Some("From: no-reply@hubs.example\r\nTo: trunc"), None] {
        both(async |world| {
            let (world, server, row) = in_doubt(world).await;
            message::Entity::update_many()
                .col_expr(
                    message::Column::Body,
                    Expr::val(damaged.map(|text| text.as_bytes().to_vec())),
                )
                .filter(message::Column::Id.eq(row.id))
                .exec(world.db.migrator())
                .await
                .expect("damaged");
            for time in ["07:05", "07:10", "07:15", "07:25", "07:45", "08:06", "08:07"] {
                pass_at(&world, &format!("2026-10-05T{time}:00Z")).await;
            }
            assert_eq!(server.taken().len(), 2, "{}: nothing more", world.name);
            let (last, words) = last_words(&world, &row).await;
            assert_eq!(last, "held", "{}: {words:#?}", world.name);
            let told = words.last().expect("words");
            assert!(told.contains("gone or damaged. A person has to look."), "{told}");
        })
        .await;
    }
}
