//! A worker that sleeps through the end of its lease.

use std::process::Command;
use std::time::{Duration, Instant};

use entity::messages::{message_event, reminder};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use tests::programs::{Running, at, program};
use tests::smtp::{Fault, Step};
use tests::{World, both};

use super::{EIGHT_IN_LONDON, LATER, all_arrived, leases_run_out, pass_at, rows, seeded};

fn signal(worker: &Running, name: &str) {
    let done = Command::new("kill").args([name, &worker.id().to_string()]).status();
    assert!(done.expect("kill can be run").success());
}

/// Everything a worker writes about messages.
async fn written(world: &World) -> String {
    let events = message_event::Entity::find().order_by_asc(message_event::Column::Id);
    let reminders = reminder::Entity::find().order_by_asc(reminder::Column::Id);
    let events = events.all(world.db.reader()).await.expect("events");
    let reminders = reminders.all(world.db.reader()).await.expect("reminders");
    format!("{:?}\n{events:?}\n{reminders:?}", rows(world).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_frozen_past_its_lease_writes_nothing_more() {
    both(async |world| {
        let (mut world, server) = seeded(world, 5, 3).await;
        world.config.mail.smtp_timeout_seconds = 4;
        let stuck = "head.of.demo.school.3@example.org";
        // One is being handed over, one is being offered; the answer to either comes too late.
        server.plan(Step::Body, Some(stuck), Fault::Stall, 1);
        let slow = "head.of.demo.school.4@example.org";
        server.plan(Step::Rcpt, Some(slow), Fault::Stall, 1);
        let mut worker =
            Running::start(at(program(&world, "worker", &["run", "--once"]), EIGHT_IN_LONDON));
        let started = Instant::now();
        loop {
            let found = rows(&world).await;
            let of = |state: &str| found.iter().filter(|row| row.state == state).count();
            if (of("handoff"), of("leased"), of("accepted")) == (1, 1, 4) {
                break;
            }
            assert!(started.elapsed() < Duration::from_secs(30), "{found:#?}");
        }
        signal(&worker, "-STOP");
        leases_run_out(&world).await;
        pass_at(&world, LATER).await;
        let twice = all_arrived(&world, &server, world.name).await;
        assert_eq!(twice, 0, "nobody took what got stuck");
        let before = written(&world).await;
        signal(&worker, "-CONT");
        worker.wait();
        assert_eq!(written(&world).await, before, "{}: {}", world.name, worker.output());
    })
    .await;
}
