//! Programs asked to stop: a worker that a mail server keeps waiting ends in time and gives back what it
//! holds; an api answers what it was asked before, and waits for nobody for ever.

use entity::messages::message;
use entity::people::grants::Grant;
use sea_orm::{ConnectionTrait as _, EntityTrait as _};
use tests::programs::{Running, at, program, serve_with};
use tests::rise::Rise;
use tests::smtp::{Fault, Server, Step};
use tests::tokens::token_for;
use tests::{World, both, on_postgres, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const HEAD: &str = "head.of.demo.ash.school@example.org";

/// A worker that stops within so many seconds, of which its conversations have one. The mail server and
/// the leases have so much time that neither ends it before.
fn worker(world: &World) -> Running {
    let mut command = at(program(world, "worker", &["run"]), "2026-10-05T08:00:00");
    command.env("HUBS__WORKER__STOP_SECONDS", "2").env("HUBS__MAIL__DRAIN_SECONDS", "1");
    command.env("HUBS__MAIL__SMTP_TIMEOUT_SECONDS", "400");
    command.env("HUBS__WORKER__LEASE_SECONDS", "1000");
    Running::start(command)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_that_is_kept_waiting_stops_in_time_and_gives_back_what_it_holds() {
    both(async |mut world| {
        let names = ["Demo Ash School", "Demo Birch School", "Demo Cedar School"];
        Rise::seed(&world, &names).await;
        for (step, left) in [(Step::Rcpt, "pending"), (Step::Body, "uncertain")] {
            let server = Server::start().await;
            world.config.mail.smtp_url = server.url();
            world.config.mail.smtp_ca = server.ca();
            server.plan(step, Some(HEAD), Fault::Stall, 1);
            let mut worker = worker(&world);
            // Until the server has the line after which it says nothing.
            let waits = || {
                let heard = server.commands();
                let at = heard.iter().rposition(|(_, line)| line.contains(HEAD))?;
                let next = heard.get(at + 1).map(|(_, line)| line.as_str());
                (step == Step::Rcpt || next == Some("DATA")).then_some(())
            };
            until("the hand-over that waits", async || waits()).await;
            let rows = async || message::Entity::find().all(world.db.reader()).await.expect("rows");
            if step == Step::Body {
                let begun = async || rows().await.into_iter().find(|row| row.state == "handoff");
                until("a message in hand-over", begun).await;
            }
            assert!(worker.stop().success(), "{}", worker.output());
            let rows = rows().await;
            let of = |state: &str| rows.iter().filter(|row| row.state == state).count();
            let output = worker.output();
            assert_eq!((of("leased"), of("handoff")), (0, 0), "{} {output}", world.name);
            assert_eq!(of(left).min(1), 1, "{} {step:?}: {output}", world.name);
            assert_eq!(of("pending") + of("uncertain") + of("accepted"), 4, "{rows:#?}");
            // It had the time to write down how its conversations stood.
            assert!(!output.contains("work under way"), "{output}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_that_its_database_keeps_waiting_stops_in_time_too() {
    on_postgres(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let txn = world.db.write().await.expect("a transaction");
        let sql = "LOCK TABLE reminder IN ACCESS EXCLUSIVE MODE";
        txn.execute_unprepared(sql).await.expect("locked");
        let mut worker = worker(&world);
        let sql = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'reminder'::regclass";
        let statement = || sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql);
        let waits = async || txn.query_one_raw(statement()).await.expect("locks").map(|_| ());
        until("a job that waits for the table", waits).await;
        assert!(worker.stop().success(), "{}", worker.output());
        assert!(worker.output().contains("work under way"), "{}", worker.output());
        txn.rollback().await.expect("given back");
    })
    .await;
}

/// The head of a request and the first half of its body, sent over a connection of its own to an api
/// that has begun to read it; and the other half.
async fn half_asked(address: &str, token: &str) -> (TcpStream, &'static str) {
    let (first, rest) = ("{\"query\":", "\"{ viewer { name } }\"}");
    let host = address.trim_start_matches("http://");
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        first.len() + rest.len()
    );
    let mut stream = TcpStream::connect(host).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut go_on = *b"HTTP/1.1 100 Continue\r\n\r\n";
    stream.read_exact(&mut go_on).await.expect("an answer");
    assert_eq!(String::from_utf8_lossy(&go_on), "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(first.as_bytes()).await.expect("sent");
    (stream, rest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_api_asked_to_stop_answers_what_it_was_asked_before_and_cuts_off_who_never_ends() {
    both(async |world| {
        let token = token_for(&world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        for (ends, seconds) in [(true, "600"), (false, "1")] {
            let setting = ("HUBS__HTTP__STOP_SECONDS", seconds);
            let (mut api, address) = serve_with(&world, "2026-10-05T08:00:00", &[setting]);
            let (mut stream, rest) = half_asked(&address, &token).await;
            api.ask_to_stop();
            let host = address.trim_start_matches("http://");
            let closed = async || TcpStream::connect(host).await.err();
            until("nobody else is let in", closed).await;
            let mut answer = String::new();
            if ends {
                stream.write_all(rest.as_bytes()).await.expect("sent");
                stream.read_to_string(&mut answer).await.expect("an answer");
                assert!(answer.starts_with("HTTP/1.1 200"), "{}: {answer}", world.name);
                assert!(answer.contains("\"viewer\""), "{answer}");
            }
            assert!(api.wait().success(), "{}", api.output());
            let cut_off = api.output().contains("stopped with requests under way");
            assert_eq!(cut_off, !ends, "{}: {}", world.name, api.output());
        }
    })
    .await;
}
