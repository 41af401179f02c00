//! A worker that sleeps through the end of its lease, or in the middle of a job.

use std::process::Command;
use std::time::{Duration, Instant};

use entity::messages::{message_event, reminder};
use runtime::config::DatabaseConfig;
use runtime::database::Database;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, EntityTrait as _, QueryOrder as _};
use tests::programs::{Running, at, program};
use tests::rise::Rise;
use tests::smtp::{Fault, Step};
use tests::{World, both, on_postgres, until};

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

/// Whether a session waits for a lock that `holder` has, while it holds the lock of those who write
/// facts.
async fn a_job_waits(world: &World) -> Option<()> {
    let sql = "SELECT 1 FROM pg_locks AS waiting JOIN pg_locks AS held USING (pid) \
               WHERE NOT waiting.granted AND held.granted AND held.locktype = 'advisory' \
               AND waiting.database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let found = world.db.reader().query_one_raw(of_postgres(sql)).await.expect("locks");
    found.map(|_| ())
}

fn of_postgres(sql: &str) -> sea_orm::Statement {
    sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql)
}

async fn hold_reminders(world: &World) -> DatabaseTransaction {
    let txn = world.db.write().await.expect("a transaction");
    let sql = "LOCK TABLE reminder IN ACCESS EXCLUSIVE MODE";
    txn.execute_unprepared(sql).await.expect("locked");
    txn
}

/// On SQLite a frozen writer keeps everybody out, whatever we do: one process, one machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_frozen_in_the_middle_of_a_job_keeps_nobody_waiting_and_writes_nothing_more() {
    on_postgres(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let held = hold_reminders(&world).await;
        let mut command = at(program(&world, "worker", &["run", "--once"]), EIGHT_IN_LONDON);
        // As short as a test wants it; else a minute.
        let bound = "&options=-c%20idle_in_transaction_session_timeout%3D500ms";
        command.env("DATABASE_URL", format!("{}{bound}", world.config.database.url));
        let mut worker = Running::start(command);
        until("a job that waits for the table", async || a_job_waits(&world).await).await;
        signal(&worker, "-STOP");
        held.rollback().await.expect("given back");
        let facts = world.db.write_facts();
        let facts = tokio::time::timeout(Duration::from_secs(20), facts).await;
        facts
            .expect("the lock is free again")
            .expect("a transaction")
            .rollback()
            .await
            .expect("done");
        let before = written(&world).await;
        signal(&worker, "-CONT");
        worker.wait();
        assert_eq!(written(&world).await, before, "{}", worker.output());
        assert!(worker.output().contains("failed"), "{}", worker.output());
    })
    .await;
}

#[tokio::test]
async fn postgresql_bears_with_a_transaction_that_stands_still_for_a_minute_unless_told_otherwise()
{
    on_postgres(async |world| {
        let set = async |config: &DatabaseConfig| -> (String, String) {
            let db = Database::open(config).await.expect("a database");
            let sql = "SELECT current_setting('idle_in_transaction_session_timeout'), \
                       current_setting('lock_timeout')";
            let row = db.reader().query_one_raw(of_postgres(sql)).await.expect("a row");
            let row = row.expect("a row");
            let text = |at| row.try_get_by_index::<String>(at).expect("text");
            (text(0), text(1))
        };
        let mut config = world.config.database.clone();
        assert_eq!(set(&config).await, ("1min".to_owned(), "2min".to_owned()));
        config.url += "&options=-c%20idle_in_transaction_session_timeout%3D5s";
        assert_eq!(set(&config).await, ("5s".to_owned(), "2min".to_owned()));
    })
    .await;
}
