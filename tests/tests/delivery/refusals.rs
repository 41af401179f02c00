//! What is concluded from refusals: about an address, and about how we stand with the mail server.

use entity::messages::suppression;
use entity::people::person;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::programs::{at, program, run};
use tests::smtp::{Fault, Step};
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::pass;

use super::{EIGHT, LATER, app, pass_at, rows, seeded, states};

const HEAD: &str = "head.of.demo.school.1@example.org";

async fn listed(world: &World) -> Vec<String> {
    let rows = suppression::Entity::find().all(world.db.reader()).await.expect("the list");
    rows.into_iter().map(|row| row.address).collect()
}

async fn count(world: &World, state: &str) -> usize {
    states(world).await.iter().filter(|found| *found == state).count()
}

#[tokio::test]
async fn a_server_that_refuses_everybody_gets_a_rest_and_puts_nobody_on_the_list() {
    both(async |world| {
        let (world, server) = seeded(world, 14, 1).await;
        server.plan(Step::Rcpt, None, Fault::Say("550 relay not permitted"), 99);
        world.clock.set(super::at(EIGHT));
        let app = app(&world).await;
        pass::run(&app, &CancellationToken::new()).await;
        assert_eq!((count(&world, "rejected").await, count(&world, "pending").await), (10, 5));
        // The heart goes on beating; nobody is asked before the rest is over.
        pass::run(&app, &CancellationToken::new()).await;
        assert_eq!(count(&world, "rejected").await, 10, "{}", world.name);
        assert!(listed(&world).await.is_empty(), "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_knows_none_of_our_recipients_puts_nobody_on_the_list_and_loses_nothing() {
    both(async |world| {
        let (world, server) = seeded(world, 14, 1).await;
        server.plan(Step::Rcpt, None, Fault::Say("550 5.1.1 unknown user"), 99);
        pass_at(&world, EIGHT).await;
        assert_eq!((count(&world, "deferred").await, count(&world, "pending").await), (10, 5));
        assert!(listed(&world).await.is_empty(), "{}", world.name);
        // The right server takes them all.
        server.forget();
        pass_at(&world, LATER).await;
        assert_eq!(count(&world, "accepted").await, 15, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_none_is_put_on_the_list_by_a_server_that_takes_mail_to_others() {
    both(async |world| {
        let (world, server) = seeded(world, 3, 1).await;
        server.plan(Step::Rcpt, Some(HEAD), Fault::Say("550 5.1.1 unknown user"), 9);
        let app = app(&world).await;
        for moment in [EIGHT, LATER] {
            world.clock.set(super::at(moment));
            pass::run(&app, &CancellationToken::new()).await;
        }
        assert_eq!((count(&world, "rejected").await, count(&world, "accepted").await), (1, 3));
        assert_eq!(listed(&world).await, [HEAD], "{}", world.name);
    })
    .await;
}

async fn refused_for_a_policy(step: Step) {
    both(async |world| {
        let (world, server) = seeded(world, 14, 1).await;
        server.plan(step, None, Fault::Say("550 5.7.26 not authenticated"), 99);
        pass_at(&world, EIGHT).await;
        assert_eq!(count(&world, "rejected").await, 0, "{}", world.name);
        assert_eq!(count(&world, "deferred").await, 10, "{}", world.name);
        server.forget();
        pass_at(&world, LATER).await;
        assert_eq!(count(&world, "accepted").await, 15, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn what_is_refused_for_a_policy_on_recipients_goes_once_that_is_mended() {
    refused_for_a_policy(Step::Rcpt).await;
}

#[tokio::test]
async fn what_is_refused_for_a_policy_on_messages_goes_once_that_is_mended() {
    refused_for_a_policy(Step::Body).await;
}

async fn head(world: &World) -> Uuid {
    let head = person::Entity::find().filter(person::Column::Email.eq(HEAD));
    head.one(world.db.reader()).await.expect("a read").expect("a head").id
}

/// Sends the head's last refused mail anew at these moments, and looks each time at the list.
async fn refused_again(world: &World, head: Uuid, moments: &[(&str, &[&str])]) {
    for (time, expected) in moments {
        let rows = rows(world).await;
        let mut theirs = rows.iter().filter(|row| row.person_id == head);
        let last = theirs.rfind(|row| row.state == "rejected").expect("a refused one");
        let id = last.id.to_string();
        let replay = ["replay", &id, "--why", "They say it works"];
        let _ = run(at(program(world, "worker", &replay), time));
        // However long that took, it is before this.
        let then = time.replace(":00:00", ":05:00");
        let _ = run(at(program(world, "worker", &["run", "--once"]), &then));
        assert_eq!(listed(world).await, *expected, "{} {time}", world.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_address_refused_in_vague_words_today_and_yesterday_is_put_on_the_list() {
    // Not by a server that refuses everybody.
    for (whom, listed_then) in [(Some(HEAD), &[HEAD][..]), (None, &[])] {
        both(async |world| {
            let (world, server) = seeded(world, 1, 1).await;
            server.plan(Step::Rcpt, whom, Fault::Say("550 5.1.0 no"), 99);
            pass_at(&world, EIGHT).await;
            assert!(listed(&world).await.is_empty(), "{}", world.name);
            let moments = [("2026-10-05T11:00:00", &[][..]), ("2026-10-06T09:00:00", listed_then)];
            refused_again(&world, head(&world).await, &moments).await;
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_address_that_was_put_right_does_not_inherit_what_the_old_one_was_refused() {
    both(async |world| {
        let (world, server) = seeded(world, 1, 1).await;
        let right = "head@demo.school.example";
        for address in [HEAD, right] {
            server.plan(Step::Rcpt, Some(address), Fault::Say("550 no"), 9);
        }
        pass_at(&world, EIGHT).await;
        let head = head(&world).await;
        person::Entity::update_many()
            .col_expr(person::Column::Email, Expr::value(right))
            .filter(person::Column::Email.eq(HEAD))
            .exec(world.db.migrator())
            .await
            .expect("put right");
        refused_again(&world, head, &[("2026-10-06T09:00:00", &[])]).await;
    })
    .await;
}
