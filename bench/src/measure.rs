//! Asking both servers in turn.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::client::{Client, bytes};
use crate::data::{FULL, QUICK};
use crate::operations::{self, Operation};
use crate::procs::{Process, postgres_cpu};
use crate::{load, report};

/// Connections that ask at the same time.
const CONNECTIONS: usize = 16;

/// What the command line says.
#[derive(Debug)]
pub struct Wanted {
    /// Few data and short rounds.
    pub quick: bool,
    /// Folder of the socket of a PostgreSQL server; none to leave it out.
    pub postgres: Option<String>,
    /// The api to measure.
    pub api: String,
    /// Where to keep the SQLite file.
    pub scratch: String,
    /// Only this operation.
    pub only: Option<String>,
}

/// What one round of asking came to.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// Requests answered in a second.
    pub rate: f64,
    /// Processor time of the server for one request, in microseconds.
    pub server: f64,
    /// Processor time of the database server for one request, in microseconds.
    pub database: f64,
    /// How long each answer took, in microseconds, sorted.
    pub took: Vec<u32>,
}

/// The rounds of one operation on one database, the floor's and the graph's.
#[derive(Debug)]
pub struct Rounds {
    /// The database.
    pub database: &'static str,
    /// The operation.
    pub operation: &'static str,
    /// Bytes of an answer.
    pub size: usize,
    /// The floor's and the graph's rounds.
    pub pairs: Vec<(Round, Round)>,
}

/// A database and the two servers on it.
struct Side {
    name: &'static str,
    floor: Process,
    graph: Process,
    postgres: Option<String>,
}

/// Runs the benchmark.
///
/// # Errors
/// A server does not start, or floor and graph answer differently.
pub fn run(wanted: &Wanted) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let size = if wanted.quick { QUICK } else { FULL };
    let (rounds, length) =
        if wanted.quick { (2, Duration::from_millis(500)) } else { (5, Duration::from_secs(2)) };
    std::fs::create_dir_all(&wanted.scratch)?;
    let mut sides = Vec::new();
    if let Some(folder) = &wanted.postgres {
        let url = format!("postgres://postgres@localhost/postgres?host={folder}");
        runtime.block_on(load::fill(&url, size))?;
        sides.push(side("PostgreSQL", &url, wanted, Some(folder.clone()))?);
    }
    let file = format!("{}/graph.db", wanted.scratch);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{file}{end}"));
    }
    let url = format!("sqlite://{file}");
    runtime.block_on(load::fill(&url, size))?;
    sides.push(side("SQLite", &url, wanted, None)?);
    println!(
        "{} hubs, {} enrolments, {} visits, {} bookings, {} alerts; {CONNECTIONS} connections, \
         {rounds} rounds of {} s",
        size.hubs,
        size.enrolments(),
        size.visits,
        size.bookings,
        size.alerts,
        length.as_secs_f64()
    );
    let mut all = Vec::new();
    for operation in operations::all(size) {
        if wanted.only.as_ref().is_some_and(|only| only != operation.name) {
            continue;
        }
        let mut found = Vec::new();
        for side in &sides {
            let size = runtime.block_on(same_bytes(side, &operation))?;
            let (database, operation) = (side.name, operation.name);
            found.push(Rounds { database, operation, size, pairs: Vec::new() });
        }
        for _ in 0..rounds {
            for (side, found) in sides.iter().zip(&mut found) {
                let floor = runtime.block_on(ask(&side.floor, side, &operation, length))?;
                let graph = runtime.block_on(ask(&side.graph, side, &operation, length))?;
                found.pairs.push((floor, graph));
            }
        }
        found.iter().for_each(report::operation);
        all.extend(found);
    }
    for side in &sides {
        report::memory(side.name, side.floor.memory(), side.graph.memory());
    }
    report::table(&all);
    Ok(())
}

fn side(
    name: &'static str,
    url: &str,
    wanted: &Wanted,
    postgres: Option<String>,
) -> anyhow::Result<Side> {
    let mut floor = Command::new(std::env::current_exe()?);
    floor.args(["floor", url]);
    let mut graph = Command::new(&wanted.api);
    graph
        .arg("serve")
        .env("DATABASE_URL", url)
        .env("HUBS__HTTP__LISTEN", "127.0.0.1:0")
        .env("HUBS__LIMITS__POINTS", "0")
        .env("HUBS__LOG__FILTER", "error");
    let floor = Process::start(floor).context("the floor")?;
    let graph = Process::start(graph).with_context(|| wanted.api.clone())?;
    Ok(Side { name, floor, graph, postgres })
}

/// Asks each variant of both, and sees to it that they answer alike.
async fn same_bytes(side: &Side, operation: &Operation) -> anyhow::Result<usize> {
    let mut floor = Client::connect(&side.floor.address).await?;
    let mut graph = Client::connect(&side.graph.address).await?;
    let mut answered = 0;
    for ask in &operation.asks {
        let request = bytes(ask);
        let told = |error: anyhow::Error| error.context(format!("asked: {}", ask.body));
        let expected = floor.send(&request).await.context("the floor").map_err(told)?;
        let answer = graph.send(&request).await.context("the graph").map_err(told)?;
        if !alike(expected, answer) {
            bail!(
                "{} on {} answers differ.\nfloor: {}\ngraph: {}",
                operation.name,
                side.name,
                String::from_utf8_lossy(&expected[..expected.len().min(3_000)]),
                String::from_utf8_lossy(&answer[..answer.len().min(3_000)])
            );
        }
        if answer.len() < 100 || answer.windows(9).any(|nine| nine == b"\"errors\":") {
            bail!("{} comes to nothing: {}", operation.name, String::from_utf8_lossy(answer));
        }
        answered += answer.len();
    }
    Ok(answered / operation.asks.len())
}

/// Whether an answer is the floor's, byte for byte, less what it says that it cost.
fn alike(floor: &[u8], answer: &[u8]) -> bool {
    let data = floor.strip_suffix(b"}").unwrap_or(floor);
    let rest = answer.strip_prefix(data);
    rest.is_some_and(|rest| rest == b"}" || rest.starts_with(b",\"extensions\":{\"cost\":{"))
}

async fn ask(
    server: &Process,
    side: &Side,
    operation: &Operation,
    length: Duration,
) -> anyhow::Result<Round> {
    let requests: Arc<Vec<Vec<u8>>> = Arc::new(operation.asks.iter().map(bytes).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut client = Client::connect(&server.address).await?;
        // What is done once for a connection is not measured.
        client.send(&requests[0]).await?;
        clients.push(client);
    }
    let database = || side.postgres.as_deref().map_or(0.0, postgres_cpu);
    let (server_before, database_before, started) = (server.cpu(), database(), Instant::now());
    let asking = clients.into_iter().map(|mut client| {
        let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
        tokio::spawn(async move {
            let mut took = Vec::new();
            while started.elapsed() < length {
                let number = next.fetch_add(1, Ordering::Relaxed) % requests.len();
                let asked = Instant::now();
                client.send(&requests[number]).await?;
                took.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
            }
            anyhow::Ok(took)
        })
    });
    let mut took = Vec::new();
    for asking in asking.collect::<Vec<_>>() {
        took.extend(asking.await??);
    }
    let seconds = started.elapsed().as_secs_f64();
    let count = f64::from(u32::try_from(took.len())?);
    took.sort_unstable();
    Ok(Round {
        rate: count / seconds,
        server: (server.cpu() - server_before) * 1e6 / count,
        database: (database() - database_before) * 1e6 / count,
        took,
    })
}
