//! A database that goes away, hangs up after it has done what it was asked, fills up or is busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use migration::{Migrator, MigratorTrait as _};
use runtime::clock::Clock;
use runtime::config::Config;
use runtime::database::Database;
use sea_orm::{ConnectionTrait as _, Statement};
use tests::postgres::{self, Server as Postgres};
use tests::smtp::Server;
use tests::{World, on_postgres, until, world};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixStream};
use tokio_util::sync::CancellationToken;
use worker::app::App;
use worker::mail::Destination;
use worker::pass;

use super::{
    EIGHT, LATER, all_arrived, app, at, leases_run_out, pass_at, rows, seeded, start_over, states,
};

/// Waits until the server has heard something.
async fn heard(server: &Server, what: &str, times: usize) {
    let count = || server.commands().iter().filter(|(_, line)| line.starts_with(what)).count();
    until(what, async || (count() >= times).then_some(())).await;
}

/// A world on a PostgreSQL server of its own.
async fn world_on(postgres: &Postgres) -> World {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = Config::load(None).expect("the defaults are usable");
    config.database.url = postgres.address("postgres");
    config.mail.folder = folder.path().join("mail");
    let db = Database::open(&config.database).await.expect("the database opens");
    Migrator::up(db.migrator(), None).await.expect("the migrations run");
    let clock = Clock::standing_at(at("2026-10-05T06:58:00Z"));
    World { name: "PostgreSQL of its own", db, clock, folder, config }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_goes_on_by_itself_after_its_database_crashed() {
    if postgres::is_left_out() {
        return;
    }
    let postgres = Postgres::start().expect("PostgreSQL starts");
    let (mut world, server) = seeded(world_on(&postgres).await, 11, 3).await;
    pass_at(&world, EIGHT).await;
    start_over(&world, &server).await;
    let (app, stop) = (app(&world).await, CancellationToken::new());
    let crash = async {
        heard(&server, "DATA", 4).await;
        tokio::task::block_in_place(|| postgres.crash_and_restart());
    };
    let (_, ()) = tokio::join!(pass::run(&app, &stop), crash);
    // What is accepted is known to be, and at most one for each connection is in doubt.
    world.db = Database::open(&world.config.database).await.expect("it is back");
    let doubts = rows(&world).await.iter().filter(|row| row.state == "handoff").count();
    assert!(doubts <= 3, "{:?}", states(&world).await);
    leases_run_out(&world).await;
    // The same worker: what its pool still holds of old connections breaks one after the other.
    world.clock.set(at(LATER));
    let mut passes = 0;
    while states(&world).await.iter().any(|state| state != "accepted") {
        pass::run(&app, &stop).await;
        passes += 1;
        assert!(passes < 20, "{:?}", states(&world).await);
    }
    assert!(all_arrived(&world, &server, world.name).await <= doubts);
}

/// Forwards connections to the server's socket, and hangs up on the one whose `COMMIT` makes
/// `commits` reach zero, after the server has done it and before that is told.
async fn forward(listener: TcpListener, socket: String, commits: Arc<AtomicI64>) {
    while let Ok((client, _)) = listener.accept().await {
        let (socket, commits) = (socket.clone(), Arc::clone(&commits));
        tokio::spawn(async move {
            let server = UnixStream::connect(socket).await?;
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            let (mut asked, mut told) = (vec![0; 65_536], vec![0; 65_536]);
            let mut hang_up = false;
            loop {
                tokio::select! {
                    count = from_client.read(&mut asked) => {
                        let count = count?;
                        if count == 0 { break; }
                        let commit = asked[..count].windows(7).any(|it| it == b"COMMIT\0");
                        hang_up = commit && commits.fetch_sub(1, Ordering::SeqCst) == 1;
                        to_server.write_all(&asked[..count]).await?;
                    }
                    count = from_server.read(&mut told) => {
                        let count = count?;
                        if count == 0 || hang_up { break; }
                        to_client.write_all(&told[..count]).await?;
                    }
                }
            }
            std::io::Result::Ok(())
        });
    }
}

#[tokio::test]
async fn a_connection_cut_after_any_commit_loses_nothing() {
    on_postgres(async |world| {
        let (mut world, server) = seeded(world, 5, 2).await;
        pass_at(&world, EIGHT).await;
        let (_, folder) = world.config.database.url.split_once("?host=").expect("a socket");
        let socket = format!("{folder}/.s.PGSQL.5432");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let commits = Arc::new(AtomicI64::new(0));
        let task = tokio::spawn(forward(listener, socket, Arc::clone(&commits)));
        let name = world.config.database.url.split(['/', '?']).nth(3).expect("a name");
        world.config.database.url = format!("postgres://postgres@127.0.0.1:{port}/{name}");
        let mut cut = 0;
        for nth in 1..=12 {
            start_over(&world, &server).await;
            let told = format!("cut after commit {nth}");
            world.clock.set(at(EIGHT));
            let app = app(&world).await;
            commits.store(nth, Ordering::SeqCst);
            pass::run(&app, &CancellationToken::new()).await;
            cut += usize::from(commits.swap(0, Ordering::SeqCst) <= 0);
            let doubts = rows(&world).await.iter().filter(|row| row.state == "handoff").count();
            assert!(doubts <= 2, "{told}: {:?}", states(&world).await);
            leases_run_out(&world).await;
            pass_at(&world, LATER).await;
            assert_eq!(all_arrived(&world, &server, &told).await, 0, "{told}");
        }
        assert!(cut >= 6, "only {cut} were cut");
        task.abort();
    })
    .await;
}

/// A worker on the same connection to SQLite that the test has.
fn app_on(world: &World) -> App {
    let sender = world.config.mail.from.parse().expect("an address");
    let mail = Destination::of(&world.config.mail, &sender).expect("a destination");
    let signal = runtime::signal::Signal::start("", CancellationToken::new()).expect("a signal");
    App::on(world.db.clone(), world.config.clone(), world.clock.clone(), signal, mail)
        .expect("a worker")
}

async fn pragma(world: &World, text: &str) -> i64 {
    let backend = world.db.backend();
    let row = world.db.migrator().query_one_raw(Statement::from_string(backend, text)).await;
    row.expect("a pragma").expect("a row").try_get_by_index(0).expect("a number")
}

#[tokio::test]
async fn a_full_disk_delays_mail_and_loses_none() {
    let (world, server) = seeded(world::sqlite().await, 11, 3).await;
    pass_at(&world, EIGHT).await;
    start_over(&world, &server).await;
    world.db.migrator().execute_unprepared("VACUUM").await.expect("no page is free");
    let app = app_on(&world);
    let pages = pragma(&world, "PRAGMA page_count").await + 12;
    pragma(&world, &format!("PRAGMA max_page_count = {pages}")).await;
    let stop = CancellationToken::new();
    let room = async {
        heard(&server, "DATA", 4).await;
        // What cannot be written down is not handed over.
        let given_up = async || (server.abandoned() > 0).then_some(());
        until("a hand-over that is not begun", given_up).await;
        let found = states(&world).await;
        assert!(found.iter().any(|state| state != "accepted"), "the disk was not full: {found:?}");
        pragma(&world, &format!("PRAGMA max_page_count = {}", pages + 10_000)).await;
    };
    let (pass, ()) = tokio::join!(pass::run(&app, &stop), room);
    leases_run_out(&world).await;
    world.clock.set(at(LATER));
    pass::run(&app, &stop).await;
    let told = format!("{pass}");
    assert!(told.contains("failed"), "{told}");
    assert_eq!(all_arrived(&world, &server, &told).await, 0);
    // Nothing tried again and again: a few offers for each message and no more.
    let offers = server.commands().iter().filter(|(_, line)| line == "DATA").count();
    assert!(offers <= 36, "{offers}");
}

#[tokio::test]
async fn a_busy_database_is_waited_for() {
    let (world, server) = seeded(world::sqlite().await, 11, 3).await;
    world.clock.set(at(EIGHT));
    let app = app(&world).await;
    let stop = CancellationToken::new();
    let other = async {
        // The first tried the server out, alone.
        heard(&server, "RCPT", 2).await;
        // Another process writes until all connections wait to write down what they begin.
        let txn = world.db.write().await.expect("a transaction");
        let offered = || server.commands().iter().filter(|(_, line)| line == "DATA").count();
        let all_wait = async || (offered() - server.taken().len() == 3).then_some(());
        until("all connections waiting", all_wait).await;
        txn.rollback().await.expect("an end");
    };
    let (pass, ()) = tokio::join!(pass::run(&app, &stop), other);
    assert!(!pass.to_string().contains("failed"), "{pass}");
    assert_eq!(all_arrived(&world, &server, &pass.to_string()).await, 0);
}
