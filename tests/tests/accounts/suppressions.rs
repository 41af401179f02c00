//! Mail is kept back from addresses on the list, and goes again once they are let go.

use entity::messages::suppression;
use entity::messages::suppressions::{Ground, release, suppress};
use entity::people::person;
use entity::scope::Scope;
use rules::messages::suppression::SuppressionReason;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::mails::delivered;
use tests::rise::Rise;
use tests::{World, both};

use crate::{EIGHT, list, message_to, messages_to, pass_at, story};

const HEAD: &str = "head.of.demo.ash.school@example.org";

async fn put(world: &World, address: &str, reason: SuppressionReason) -> suppression::Model {
    let txn = world.db.write().await.expect("a transaction");
    let ground = Ground { reason, note: "test", message_id: None, by: None };
    let row = suppress(&txn, world.clock.now(), address, ground).await.expect("on the list");
    txn.commit().await.expect("commit");
    row
}

#[tokio::test]
async fn a_message_to_an_address_on_the_list_ends_as_suppressed_with_the_reason() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        put(&world, " HEAD.of.demo.ash.school@example.ORG ", SuppressionReason::HardBounce).await;
        pass_at(&world, EIGHT, "").await;
        let message = message_to(&world, rise.partners[0].head).await;
        assert_eq!(message.state, "suppressed");
        let told = story(&world, message.id).await;
        let why = "No mail goes to this address: mail to it came back for good.";
        assert_eq!(told.last(), Some(&("suppressed".to_owned(), why.to_owned())));
        let mails = delivered(&world.config.mail.folder);
        assert!(mails.iter().all(|mail| mail.to != HEAD), "{mails:#?}");
        assert!(!mails.is_empty(), "others get theirs");
    })
    .await;
}

#[tokio::test]
async fn an_address_put_right_gets_the_next_days_mail() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let head = rise.partners[0].head;
        put(&world, HEAD, SuppressionReason::Refused).await;
        pass_at(&world, EIGHT, "").await;
        person::Entity::update_many()
            .col_expr(person::Column::Email, Expr::value("the.head@example.org"))
            .filter(person::Column::Id.eq(head))
            .exec(world.db.migrator())
            .await
            .expect("put right");
        pass_at(&world, "2026-10-06T07:00:00Z", "").await;
        let states: Vec<_> =
            messages_to(&world, head).await.into_iter().map(|row| row.state).collect();
        assert_eq!(states, ["suppressed", "accepted"]);
        let mails = delivered(&world.config.mail.folder);
        assert!(mails.iter().any(|mail| mail.to == "the.head@example.org"));
    })
    .await;
}

#[tokio::test]
async fn a_complaint_keeps_no_duty_back() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        put(&world, HEAD, SuppressionReason::Complaint).await;
        pass_at(&world, EIGHT, "").await;
        assert_eq!(message_to(&world, rise.partners[0].head).await.state, "accepted");
    })
    .await;
}

#[tokio::test]
async fn an_address_is_on_the_list_once_under_the_reason_that_keeps_most_back() {
    both(async |world| {
        put(&world, HEAD, SuppressionReason::Complaint).await;
        let first = put(&world, HEAD, SuppressionReason::HardBounce).await;
        let again = put(&world, HEAD, SuppressionReason::SoftBounces).await;
        assert_eq!((first.reason.as_str(), first.version), ("hard_bounce", 2));
        assert_eq!(again, first);
        assert_eq!(list(&world).await, [(HEAD.to_owned(), "hard_bounce".to_owned(), true)]);
    })
    .await;
}

#[tokio::test]
async fn letting_an_address_go_twice_is_letting_it_go_once_and_it_can_come_back() {
    both(async |world| {
        let row = put(&world, HEAD, SuppressionReason::HardBounce).await;
        let now = world.clock.now();
        let mut released = Vec::new();
        for _ in 0..2 {
            let txn = world.db.write().await.expect("a transaction");
            let done = release(&txn, &Scope::System, None, now, row.id, None, "It works").await;
            released.push(done.expect("released"));
            txn.commit().await.expect("commit");
        }
        assert_eq!(released[0], released[1]);
        assert_eq!(released[0].version, 2);
        put(&world, HEAD, SuppressionReason::HardBounce).await;
        let states: Vec<bool> = list(&world).await.into_iter().map(|row| row.2).collect();
        assert_eq!(states, [false, true]);
    })
    .await;
}
