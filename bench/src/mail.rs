//! `cargo bench-all mail`: from reminders that are due to mails that a mail server has taken, against
//! a bare loop that pushes the same bytes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use runtime::clock::Clock;
use runtime::config::DatabaseConfig;
use runtime::database::Database;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use crate::data::{FULL, Of, QUICK, Size, id};
use crate::load;
use crate::procs::{Usage, postgres_cpu};
use crate::sink::{Sink, push};

/// Connections to the mail server, the worker's and the floor's.
pub const CONNECTIONS: usize = 10;
/// When the worker runs: a Tuesday of the second term, at nine in London.
const LONDON: &str = "2026-12-15T09:01:00";
/// Just before, in UTC: all that the timetable has was done then.
const BEFORE: &str = "2026-12-15T09:00:30+00:00";
/// How a programme reminds, as set-ups say it.
const POLICY: &str = r#"{"grace_working_days":15,"remind_before":[10,3],"remind_after":[3],
    "escalate_to_hub_after":10,"escalate_to_programme_after":20,
    "recipients":["headteacher","senior_leader"],"digest_at":"08:00:00","quiet_from":"18:00:00",
    "quiet_until":"07:30:00","alert_when_overdue_by":5}"#;

/// What the command line says.
#[derive(Debug)]
pub struct Wanted {
    /// Few mails, once.
    pub quick: bool,
    /// Folder of the socket of a PostgreSQL server; none to leave it out.
    pub postgres: Option<String>,
    /// The worker to measure.
    pub worker: String,
    /// Where to keep the SQLite file.
    pub scratch: String,
    /// Conversations at a time.
    pub connections: usize,
}

/// What one round came to.
#[derive(Clone, Copy, Debug)]
struct Round {
    /// Mails a second from the start of the worker to its end.
    whole: f64,
    /// Mails a second from the first that is offered to the last that is taken.
    delivery: f64,
    /// Mails a second of the floor.
    floor: f64,
    /// Processor seconds of the worker for 1,000 mails.
    worker_cpu: f64,
    /// Processor seconds of PostgreSQL for 1,000 mails.
    database_cpu: f64,
    /// Most memory of the worker, in megabytes.
    memory: f64,
}

/// Runs the benchmark.
///
/// # Errors
/// A program does not run, or a mail is missing or doubled.
pub fn run(wanted: &Wanted) -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build()?.block_on(measure(wanted))
}

async fn measure(wanted: &Wanted) -> anyhow::Result<()> {
    let (size, mails, rounds) = if wanted.quick { (QUICK, 1_000, 1) } else { (FULL, 10_000, 3) };
    let size = Size { visits: 0, bookings: 0, alerts: 0, ..size };
    std::fs::create_dir_all(&wanted.scratch)?;
    let mut sides = Vec::new();
    if let Some(folder) = &wanted.postgres {
        let url = format!("postgres://postgres@localhost/postgres?host={folder}");
        sides.push(("PostgreSQL", url, Some(folder.as_str())));
    }
    let file = format!("{}/mail.db", wanted.scratch);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{file}{end}"));
    }
    sides.push(("SQLite", format!("sqlite://{file}"), None));
    println!(
        "{mails} reminders of {} schools, {} connections, {rounds} rounds",
        size.enrolments(),
        wanted.connections
    );
    println!(
        "\n{:<12}{:>10}{:>12}{:>12}{:>8}{:>14}{:>14}{:>10}{:>12}",
        "",
        "mails/s",
        "delivery/s",
        "floor/s",
        "ratio",
        "worker s/1000",
        "db s/1000",
        "MB",
        "commit ms"
    );
    for (name, url, folder) in sides {
        load::fill(&url, size).await?;
        let db = Database::open(&DatabaseConfig { url: url.clone(), max_connections: 2 }).await?;
        people(&db, size, mails).await?;
        for _ in 0..rounds {
            start_over(&db, size, mails).await?;
            let commit = commit(&db).await?;
            let round = round(wanted, &url, folder, mails).await?;
            delivered(&db, mails).await?;
            println!(
                "{name:<12}{:>10.0}{:>12.0}{:>12.0}{:>8.2}{:>14.2}{:>14.2}{:>10.0}{:>12.2}",
                round.whole,
                round.delivery,
                round.floor,
                round.delivery / round.floor,
                round.worker_cpu,
                round.database_cpu,
                round.memory,
                commit * 1_000.0
            );
        }
    }
    Ok(())
}

/// The enrolments that take part: the data has every 41st paused.
fn active(size: Size) -> Vec<usize> {
    (0..size.enrolments()).filter(|number| number % 41 != 40).collect()
}

/// The id of the `number`th of the people reminded.
fn reader(size: Size, number: usize) -> uuid::Uuid {
    id(Of::Person, size.hubs + 1_000 + number)
}

fn literal(backend: DbBackend, id: uuid::Uuid) -> String {
    if backend == DbBackend::Sqlite { format!("x'{}'", id.simple()) } else { format!("'{id}'") }
}

/// Runs `INSERT INTO table (columns) VALUES` with these rows, some hundred at a time.
async fn insert(db: &Database, into: &str, rows: Vec<String>) -> anyhow::Result<()> {
    let txn = db.write().await?;
    for rows in rows.chunks(400) {
        let sql = format!("INSERT INTO {into} VALUES {}", rows.join(", "));
        txn.execute_unprepared(&sql).await.with_context(|| into.to_owned())?;
    }
    Ok(txn.commit().await?)
}

/// People to remind, one or two of each school.
async fn people(db: &Database, size: Size, mails: usize) -> anyhow::Result<()> {
    let (active, backend) = (active(size), db.backend());
    let literal = |id| literal(backend, id);
    let (mut people, mut contacts) = (Vec::new(), Vec::new());
    for number in 0..mails {
        let person = literal(reader(size, number));
        people.push(format!(
            "({person}, 'Demo Head {number}', 'head-{number}@example.org', TRUE, '{BEFORE}')"
        ));
        let setting = literal(id(Of::Setting, size.hubs + active[number % active.len()]));
        let role = if number < active.len() { "headteacher" } else { "senior_leader" };
        let contact = literal(id(Of::Contact, size.hubs + 1_000 + number));
        contacts.push(format!("({contact}, {person}, {setting}, '{role}', '{BEFORE}')"));
    }
    insert(db, "person (id, name, email, optional_mail, created_at)", people).await?;
    insert(db, "contact (id, person_id, setting_id, role, created_at)", contacts).await?;
    let policy = format!("UPDATE programme SET policy = '{POLICY}'");
    db.migrator().execute_unprepared(&policy).await?;
    let jobs = [
        "derive_obligations",
        "run_campaigns",
        "plan_reminders",
        "hub_weeks",
        "alert_digests",
        "assess_engagement",
    ];
    let done = jobs.iter().enumerate().map(|(number, job)| {
        let row = literal(id(Of::Occurrence, number));
        format!("('{job}', '{BEFORE}', {row}, 'fired', '', '{BEFORE}')")
    });
    let into = "occurrence (schedule_id, due_at, id, outcome, summary, recorded_at)";
    insert(db, into, done.collect()).await
}

/// Seconds that the smallest commit takes: the one in the middle of a hundred.
async fn commit(db: &Database) -> anyhow::Result<f64> {
    let mut taken = Vec::new();
    for number in 0..100 {
        // SQLite does not write what has not changed.
        let change = format!("UPDATE occurrence SET summary = '{number}'");
        let started = Instant::now();
        db.migrator().execute_unprepared(&change).await?;
        taken.push(started.elapsed().as_secs_f64());
    }
    taken.sort_by(f64::total_cmp);
    taken.get(taken.len() / 2).copied().context("a commit")
}

/// One reminder due for each of them, and nothing sent.
async fn start_over(db: &Database, size: Size, mails: usize) -> anyhow::Result<()> {
    for table in ["reminder", "message_event", "message"] {
        db.migrator().execute_unprepared(&format!("DELETE FROM {table}")).await?;
    }
    let (active, backend) = (active(size), db.backend());
    let literal = |id| literal(backend, id);
    let reminders = (0..mails).map(|number| {
        // The support days of the second term, which nobody has met.
        let obligation = active[number % active.len()] * 15 + 6;
        format!(
            "({}, {}, {}, 'before_10', 1, '2026-12-15', '2027-06-01T00:00:00+00:00', 'planned', \
             'Ten working days before.', '{BEFORE}', '{BEFORE}')",
            literal(id(Of::Alert, 1_000_000 + number)),
            literal(id(Of::Obligation, obligation)),
            literal(reader(size, number)),
        )
    });
    let mut into = "reminder (id, obligation_id, person_id, step, revision, send_on, ".to_owned();
    write!(into, "expires_at, state, reason, created_at, changed_at)")?;
    insert(db, &into, reminders.collect()).await?;
    let tidy = if backend == DbBackend::Postgres { "VACUUM ANALYZE" } else { "ANALYZE" };
    db.migrator().execute_unprepared(tidy).await?;
    Ok(())
}

async fn round(
    wanted: &Wanted,
    url: &str,
    folder: Option<&str>,
    mails: usize,
) -> anyhow::Result<Round> {
    let sink = Sink::start().await?;
    let anchor: DateTime<Utc> = Clock::machine().now();
    let database = || folder.map_or(0.0, postgres_cpu);
    let (database_before, started) = (database(), Instant::now());
    let mut worker = Command::new(&wanted.worker)
        .args(["run", "--once"])
        .env("DATABASE_URL", url)
        .env("SMTP_URL", format!("smtp://127.0.0.1:{}?tls=none", sink.port))
        .env("HUBS__MAIL__CONNECTIONS", wanted.connections.to_string())
        .env("HUBS__MAIL__PER_SECOND", "100000")
        .env("HUBS__MAIL__BURST", "100000")
        .env("HUBS__CLOCK__STARTS_AT", LONDON)
        .env("HUBS__CLOCK__ANCHOR_UNIX_MS", anchor.timestamp_millis().to_string())
        .env("HUBS__LOG__FILTER", "error")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .with_context(|| wanted.worker.clone())?;
    let mut usage = Usage::default();
    let status = loop {
        usage = Usage::of(worker.id()).unwrap_or(usage);
        if let Some(status) = worker.try_wait()? {
            break status;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let seconds = started.elapsed().as_secs_f64();
    ensure!(status.success(), "the worker ended with {status}");
    let taken = sink.take();
    let readers: BTreeSet<&str> = taken.mails.iter().map(|(to, _)| to.as_str()).collect();
    let (came, readers) = (taken.mails.len(), readers.len());
    ensure!((came, readers) == (mails, mails), "{came} mails to {readers} readers");
    let delivery = match (taken.first, taken.last) {
        (Some(first), Some(last)) => (last - first).as_secs_f64(),
        _ => 0.0,
    };
    let database_cpu = database() - database_before;
    let floor = push(sink.port, &Arc::new(taken.mails), wanted.connections).await?;
    let count = f64::from(u32::try_from(mails)?);
    Ok(Round {
        whole: count / seconds,
        delivery: count / delivery,
        floor: count / floor,
        worker_cpu: usage.cpu * 1_000.0 / count,
        database_cpu: database_cpu * 1_000.0 / count,
        memory: usage.memory,
    })
}

/// That all messages count as accepted, and all reminders as sent.
async fn delivered(db: &Database, mails: usize) -> anyhow::Result<()> {
    for (table, state) in [("message", "accepted"), ("reminder", "sent")] {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE state = '{state}'");
        let row = db.reader().query_one_raw(Statement::from_string(db.backend(), sql)).await?;
        let count: i64 = row.context("a count")?.try_get_by_index(0)?;
        ensure!(usize::try_from(count)? == mails, "{count} of {table} are {state}");
    }
    Ok(())
}
