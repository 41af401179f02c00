//! The connections that the graph is read from: how many there are, that what nobody waits for ends,
//! and that they come to the same database as the ones that write.

use std::sync::Arc;

use runtime::config::DatabaseConfig;
use runtime::database::Database;
use runtime::reads::{Ask, Bind, Reads, Rows, Snapshot, Stopped};
use sea_orm::{ConnectionTrait as _, Statement};
use tests::programs::{bare, refuse, serve_with};
use tests::{World, both, on_postgres, until};
use tokio::task::JoinHandle;

fn ask(text: &str) -> Ask {
    Ask { text: Arc::from(text), values: Vec::new() }
}

/// What runs much longer than any test.
fn endless(world: &World, turn: i64) -> String {
    match world.name {
        "SQLite" => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                     SELECT COUNT(*) FROM n"
            .to_owned(),
        _ => format!("SELECT COUNT(*) FROM (SELECT pg_sleep(50)) AS never_{turn}_"),
    }
}

/// Someone who asks for that, until the task is aborted.
fn asking(reads: &Reads, text: &str, within: bool) -> JoinHandle<()> {
    let reads = reads.clone();
    let asks = vec![ask(text), ask(text)];
    tokio::spawn(async move {
        if within {
            let read = move |mut snapshot: Snapshot| async move {
                drop(snapshot.ask(asks, 1, true).await);
            };
            reads.within(read).await.expect("a connection");
        } else {
            let mut snapshot = reads.snapshot().await.expect("a connection");
            drop(snapshot.ask(asks, 1, false).await);
        }
    })
}

/// How many servers' processes are there for reading, and how many of them run `text`.
async fn servers(world: &World, text: &str) -> (i64, i64) {
    let text = format!(
        "SELECT COUNT(*), COUNT(*) FILTER (WHERE state = 'active' AND strpos(query, '{text}') > 0) \
         FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name = 'hubs-reads'"
    );
    let asked = Statement::from_string(world.db.backend(), text);
    let row = world.db.reader().query_one_raw(asked).await.expect("an answer").expect("a row");
    (row.try_get_by_index(0).expect("a number"), row.try_get_by_index(1).expect("a number"))
}

#[tokio::test]
async fn who_hangs_up_leaves_no_statement_running_and_no_connection_too_many() {
    on_postgres(async |world| {
        let most = i64::from(world.config.database.max_connections);
        for turn in 0..3 * most {
            let text = endless(&world, turn);
            let asking = asking(world.db.reads(), &text, turn % 2 == 0);
            until("it runs", async || {
                let (all, running) = servers(&world, &text).await;
                assert!(all <= most, "{all} connections");
                (running > 0).then_some(())
            })
            .await;
            asking.abort();
        }
        until("none runs any more", async || {
            let (all, running) = servers(&world, "never_").await;
            assert!(all <= most, "{all} connections");
            (running == 0).then_some(())
        })
        .await;
        let mut held = Vec::new();
        for _ in 0..most {
            let mut snapshot = world.db.reads().snapshot().await.expect("a turn");
            snapshot.ask(vec![ask("SELECT 1")], 1, false).await.expect("an answer");
            held.push(snapshot);
        }
        assert!(servers(&world, "").await.0 <= most);
    })
    .await;
}

#[tokio::test]
async fn a_reader_is_there_again_soon_after_whoever_used_it_hung_up() {
    both(async |world| {
        let reads = world.db.reads();
        for within in [true, false] {
            for _ in 0..4 {
                let asking = asking(reads, &endless(&world, 0), within);
                // It holds a connection, or is about to.
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
                asking.abort();
            }
            // All there are, at once: whoever still runs holds one of them.
            let mut held = Vec::new();
            for _ in 0..2 {
                let mut snapshot = reads.snapshot().await.expect("a reader is free");
                snapshot.ask(vec![ask("SELECT 1")], 1, false).await.expect("it is not stopped");
                held.push(snapshot);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_limit_of_rows_is_of_all_statements_together() {
    both(async |world| {
        let three = "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3";
        for (asks, most, fits) in [(1, 3, true), (2, 6, true), (2, 5, false), (1, 2, false)] {
            let mut snapshot = world.db.reads().snapshot().await.expect("a snapshot");
            let found = snapshot.ask(vec![ask(three); asks], most, false).await;
            match found {
                Ok(found) => {
                    assert!(fits, "{asks} within {most}");
                    assert_eq!(found.iter().map(Rows::len).sum::<usize>(), 3 * asks);
                }
                Err(Stopped::TooMany) => assert!(!fits, "{asks} within {most}"),
                Err(error) => panic!("{error}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_can_be_written_where_the_graph_is_read() {
    both(async |world| {
        world.db.migrator().execute_unprepared("CREATE TABLE demo (a INT)").await.expect("a table");
        for last in [true, false] {
            let mut snapshot = world.db.reads().snapshot().await.expect("a snapshot");
            let insert = ask("INSERT INTO demo VALUES (1)");
            assert!(snapshot.ask(vec![insert], 1, last).await.is_err());
        }
    })
    .await;
}

#[tokio::test]
async fn on_postgresql_a_snapshot_stays_the_same_whatever_the_defaults_are() {
    on_postgres(async |world| {
        let mut snapshot = world.db.reads().snapshot().await.expect("a snapshot");
        let texts = ["transaction_isolation", "transaction_read_only", "TimeZone"];
        let asks = texts.map(|name| ask(&format!("SELECT current_setting('{name}')")));
        let found = snapshot.ask(asks.to_vec(), 3, false).await.expect("settings");
        let found: Vec<_> = found.iter().flat_map(Rows::iter).collect();
        let found: Vec<_> = found.iter().map(|row| row.text(0).expect("a text")).collect();
        assert_eq!(found, [Some("repeatable read"), Some("on"), Some("UTC")]);
    })
    .await;
}

#[tokio::test]
async fn once_closed_nobody_reads_and_no_connection_stays() {
    both(async |world| {
        let other = Database::open(&world.config.database).await.expect("it opens");
        let mut held = other.reads().snapshot().await.expect("a snapshot");
        held.ask(vec![ask("SELECT 1")], 1, false).await.expect("an answer");
        drop(other.reads().snapshot().await.expect("a second, left idle"));
        world.db.reads().clone().snapshot().await.expect("its own");
        let before = if world.name == "SQLite" { 0 } else { servers(&world, "").await.0 };
        other.close().await.expect("it closes");
        assert!(other.reads().snapshot().await.is_err());
        drop(held);
        if world.name != "SQLite" {
            let gone = async || (servers(&world, "").await.0 == before - 2).then_some(());
            until("both are gone", gone).await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_reads_looks_where_what_writes_has_been_told_to_look() {
    on_postgres(async |world| {
        let url = format!("{}&options=-c%20search_path%3Ddemo", world.config.database.url);
        let db = Database::open(&DatabaseConfig { url, max_connections: 2 }).await.expect("opens");
        for text in ["CREATE SCHEMA demo", "CREATE TABLE only_here (a TEXT)"] {
            db.migrator().execute_unprepared(text).await.expect(text);
        }
        let mut snapshot = db.reads().snapshot().await.expect("a snapshot");
        let found = snapshot.ask(vec![ask("SELECT a FROM only_here")], 1, true).await;
        assert!(found.expect("the table is found").iter().all(Rows::is_empty));
    })
    .await;
}

#[tokio::test]
async fn an_address_may_leave_everything_to_the_environment_as_for_other_programs() {
    on_postgres(async |world| {
        let (rest, folder) = world.config.database.url.split_once("?host=").expect("a socket");
        let name = rest.rsplit('/').next().expect("a name");
        let variables = [
            ("DATABASE_URL", "postgres://"),
            ("PGHOST", folder),
            ("PGUSER", "postgres"),
            ("PGDATABASE", name),
            ("PGOPTIONS", "-c search_path=public"),
        ];
        let (_api, address) = serve_with(&world, "2026-10-05T08:00:00", &variables);
        let answer = reqwest::get(format!("{address}/readyz")).await.expect("an answer");
        assert_eq!(answer.status(), 200);
    })
    .await;
}

#[tokio::test]
async fn an_address_that_asks_for_what_cannot_be_done_is_refused_at_the_start() {
    both(async |world| {
        let (more, named) = match world.name {
            "SQLite" => ("?mode=ro", "mode=ro"),
            _ => ("&sslcert=demo.pem&sslkey=demo.key", "client certificates"),
        };
        let mut command = bare("api", &["serve"]);
        command.current_dir(world.folder.path());
        command.env("DATABASE_URL", format!("{}{more}", world.config.database.url));
        let said = refuse(command);
        assert!(said.contains("database.url") && said.contains(named), "{said}");
    })
    .await;
}

#[tokio::test]
async fn a_file_may_have_any_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("50% of what?.db");
    let db = Database::scratch(&file).await.expect("it opens");
    assert!(file.exists());
    db.migrator().execute_unprepared("CREATE TABLE demo (a INT)").await.expect("a table");
    let mut snapshot = db.reads().snapshot().await.expect("a snapshot");
    let found = snapshot.ask(vec![ask("SELECT a FROM demo")], 1, true).await;
    assert!(found.expect("the same file").iter().all(Rows::is_empty));
}

#[test]
fn nothing_of_what_is_bound_is_printed() {
    let bound = Ask {
        text: Arc::from("SELECT $1"),
        values: vec![Bind::Value("Demo Person".into()), Bind::Ids(vec![uuid::Uuid::nil()])],
    };
    let printed = format!("{bound:?}");
    assert!(!printed.contains("Demo") && !printed.contains("0000"), "{printed}");
}
