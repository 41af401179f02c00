//! Several connections and several mail servers.

use std::sync::Arc;

use tests::smtp::{Fault, Server, Step};
use tests::{both, until};
use tokio::sync::Barrier;
use tokio_util::sync::CancellationToken;
use worker::pass;

use super::{EIGHT, LATER, all_arrived, app, at, pass_at, rows, seeded, states};

#[tokio::test]
async fn several_connections_carry_at_the_same_time_and_each_message_once() {
    both(async |world| {
        let (world, server) = seeded(world, 11, 4).await;
        // None of these four is answered before all four wait for it.
        let barrier = Arc::new(Barrier::new(4));
        for head in [3, 5, 6, 9] {
            let head = format!("head.of.demo.school.{head}@example.org");
            server.plan(Step::Body, Some(&head), Fault::Meet(Arc::clone(&barrier)), 1);
        }
        pass_at(&world, EIGHT).await;
        assert_eq!(all_arrived(&world, &server, world.name).await, 0);
        assert_eq!(server.connections(), 4, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn connections_are_spread_over_the_servers_and_one_that_is_away_costs_nothing() {
    both(async |world| {
        let (mut world, one) = seeded(world, 11, 4).await;
        let other = Server::start().await;
        // Both are vouched for by one file.
        let mut ca = std::fs::read(one.ca()).expect("a file");
        ca.extend(std::fs::read(other.ca()).expect("a file"));
        let both_ca = world.folder.path().join("both.pem");
        std::fs::write(&both_ca, ca).expect("a file");
        world.config.mail.smtp_url = format!("{} {}?tls=none", one.url(), plain(&other));
        pass_at(&world, EIGHT).await;
        assert!(states(&world).await.iter().all(|state| state == "accepted"), "{}", world.name);
        assert_eq!(one.taken().len() + other.taken().len(), 12);
        assert!(!one.taken().is_empty() && !other.taken().is_empty(), "{}", world.name);
        drop(other);
        super::start_over(&world, &one).await;
        pass_at(&world, EIGHT).await;
        // What found it away waits; the rest went to the one that is there.
        pass_at(&world, LATER).await;
        assert_eq!(all_arrived(&world, &one, world.name).await, 0);
    })
    .await;
}

/// The address of a server without TLS and sign-in.
fn plain(server: &Server) -> String {
    let port = server.url().rsplit_once(':').expect("a port").1.to_owned();
    format!("smtp://localhost:{port}")
}

#[tokio::test]
async fn a_server_that_asks_for_patience_is_left_alone_at_once() {
    both(async |world| {
        let (world, server) = seeded(world, 11, 3).await;
        server.plan(Step::Mail, None, Fault::Say("421 4.7.0 slower"), 99);
        pass_at(&world, EIGHT).await;
        let asked = server.commands().iter().filter(|(_, line)| line.starts_with("MAIL")).count();
        assert_eq!(asked, 1, "{}: tried out with one message", world.name);
        let mut expected = vec!["deferred"];
        expected.extend(["pending"; 11]);
        assert_eq!(states(&world).await, expected, "{}", world.name);
        server.forget();
        pass_at(&world, LATER).await;
        assert_eq!(all_arrived(&world, &server, world.name).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_stop_ends_conversations_within_its_limit_and_gives_back_the_rest() {
    both(async |world| {
        let (mut world, server) = seeded(world, 11, 3).await;
        world.config.mail.smtp_timeout_seconds = 30;
        world.config.mail.drain_seconds = 1;
        let slow = "head.of.demo.school.2@example.org";
        server.plan(Step::Rcpt, Some("head.of.demo.school.1@example.org"), Fault::Stall, 1);
        server.plan(Step::Body, Some(slow), Fault::Stall, 1);
        world.clock.set(at(EIGHT));
        let (app, stop) = (app(&world).await, CancellationToken::new());
        let ask = async {
            let stuck = || {
                let heard = server.commands();
                let of = |what: &str| heard.iter().any(|(_, line)| line.contains(what));
                of("school.1@") && of("school.2@")
            };
            until("both wait", async || stuck().then_some(())).await;
            stop.cancel();
        };
        let (pass, ()) = tokio::join!(pass::run(&app, &stop), ask);
        let found = states(&world).await;
        let allowed = ["accepted", "pending", "uncertain"];
        assert!(found.iter().all(|state| allowed.contains(&&**state)), "{found:?} {pass}");
        assert!(found.iter().filter(|state| *state == "uncertain").count() <= 1, "{found:?}");
        for row in rows(&world).await.iter().filter(|row| row.state == "pending") {
            assert_eq!(row.attempts, 0, "{}: it was not begun", world.name);
        }
        pass_at(&world, LATER).await;
        all_arrived(&world, &server, world.name).await;
    })
    .await;
}
