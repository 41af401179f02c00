//! What is concluded from refusals: about an address, and about how we stand with the mail server.

use entity::messages::suppression;
use sea_orm::EntityTrait as _;
use tests::programs::{at, program, run};
use tests::smtp::{Fault, Step};
use tests::{World, both};
use tokio_util::sync::CancellationToken;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_address_refused_in_vague_words_today_and_yesterday_is_put_on_the_list() {
    both(async |world| {
        let (world, server) = seeded(world, 1, 1).await;
        server.plan(Step::Rcpt, Some(HEAD), Fault::Say("550 no"), 9);
        pass_at(&world, EIGHT).await;
        assert!(listed(&world).await.is_empty(), "{}", world.name);
        for (time, expected) in [("2026-10-05T11:00:00", 0), ("2026-10-06T09:00:00", 1)] {
            let rows = rows(&world).await;
            let last = rows.iter().rfind(|row| row.state == "rejected").expect("a refused one");
            let id = last.id.to_string();
            let replay = ["replay", &id, "--why", "They say it works"];
            let _ = run(at(program(&world, "worker", &replay), time));
            let _ = run(at(program(&world, "worker", &["run", "--once"]), time));
            assert_eq!(listed(&world).await.len(), expected, "{} {time}", world.name);
        }
        assert_eq!(listed(&world).await, [HEAD]);
    })
    .await;
}
