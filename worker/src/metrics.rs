//! What a worker counts for Prometheus. Labels are names of jobs, kinds, states and lanes, never of
//! people.

use std::sync::LazyLock;
use std::time::Duration;

use entity::operations::{jobs, lanes, pauses};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use rules::lanes::lane_of;
use rules::messages::{MessageKind, MessageState};
use runtime::metrics::{add_connections, seconds, written};

use crate::app::App;
use crate::jobs::TIMETABLE;
use crate::pass::Pass;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfJob {
    job: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfRun {
    job: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfMessage {
    kind: String,
    state: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfLane {
    lane: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfServer {
    server: String,
}

/// What this process counts.
struct Counted {
    runs: Family<OfRun, Counter>,
    took: Family<OfJob, Histogram, fn() -> Histogram>,
    missed: Family<OfJob, Counter>,
    ended: Family<OfMessage, Counter>,
    delivering: Family<OfLane, Histogram, fn() -> Histogram>,
    connections: Gauge,
    takes: Family<OfServer, Gauge>,
}

static COUNTED: LazyLock<Counted> = LazyLock::new(|| Counted {
    runs: Family::default(),
    took: Family::new_with_constructor(seconds),
    missed: Family::default(),
    ended: Family::default(),
    delivering: Family::new_with_constructor(seconds),
    connections: Gauge::default(),
    takes: Family::default(),
});

/// Counts what a pass did.
pub fn passed(pass: &Pass) {
    for ((job, _, done), took) in pass.ran.iter().zip(&pass.took) {
        let job: &'static str = job.into();
        let outcome = if done.is_ok() { "done" } else { "failed" };
        COUNTED.runs.get_or_create(&OfRun { job, outcome }).inc();
        COUNTED.took.get_or_create(&OfJob { job }).observe(took.as_secs_f64());
    }
    for (job, missed) in &pass.missed_by {
        let missed = u64::try_from(*missed).unwrap_or(u64::MAX);
        COUNTED.missed.get_or_create(&OfJob { job: job.into() }).inc_by(missed);
    }
}

/// Counts a message whose delivery came to this.
pub fn delivered(kind: MessageKind, state: MessageState) {
    let (kind, state): (&str, &str) = (kind.into(), state.into());
    let labels = OfMessage { kind: kind.to_owned(), state: state.to_owned() };
    COUNTED.ended.get_or_create(&labels).inc();
}

/// Counts how long it took to deliver a message, or to find out that it is not to be.
pub fn took(kind: MessageKind, time: Duration) {
    let labels = OfLane { lane: lane_of(kind).into() };
    COUNTED.delivering.get_or_create(&labels).observe(time.as_secs_f64());
}

/// Notes whether a mail server took us in when it was last connected to. `server` is its host and
/// port, without a password.
pub fn connected(server: String, taken_in: bool) {
    COUNTED.takes.get_or_create(&OfServer { server }).set(i64::from(taken_in));
}

/// A connection to a mail server, counted while it is open.
#[derive(Debug)]
pub struct MailConnection(());

impl MailConnection {
    /// One more.
    #[must_use]
    pub fn opened() -> Self {
        COUNTED.connections.inc();
        Self(())
    }
}

impl Drop for MailConnection {
    fn drop(&mut self) {
        COUNTED.connections.dec();
    }
}

/// All of it as text, with what the database says at this moment.
///
/// # Errors
/// The database fails.
pub async fn render(app: App) -> anyhow::Result<String> {
    let now = app.clock.now();
    let waiting = lanes::waiting(app.db.reader(), now).await?;
    let held = lanes::held(app.db.reader()).await?;
    let under_way = lanes::under_way(app.db.reader()).await?;
    let written_down = jobs::all(app.db.reader()).await?;
    let standing = pauses::standing(app.db.reader(), now).await?;
    let mut registry = Registry::with_prefix("hubs");
    add_connections(&mut registry, &app.db);

    let of_jobs = registry.sub_registry_with_prefix("job");
    of_jobs.register("runs", "Runs of jobs", COUNTED.runs.clone());
    of_jobs.register("seconds", "How long they took", COUNTED.took.clone());
    of_jobs.register("missed", "Due moments that passed undone", COUNTED.missed.clone());
    let (paused, done) = (Family::<OfJob, Gauge>::default(), Family::<OfJob, Gauge>::default());
    for row in TIMETABLE {
        let of = OfJob { job: row.job.into() };
        drop(COUNTED.missed.get_or_create(&of));
        paused.get_or_create(&of).set(i64::from(standing.contains(of.job)));
        let known = written_down.iter().find(|job| job.name == of.job);
        if let Some(at) = known.and_then(|job| job.last_done_at) {
            done.get_or_create(&of).set(at.timestamp());
        }
    }
    of_jobs.register("paused", "1 while the job is paused", paused);
    let about = "When it was last begun, by any worker, and then ended well";
    of_jobs.register("last_done_timestamp_seconds", about, done);

    let messages = Family::<OfMessage, Gauge>::default();
    for (kind, state, count) in under_way {
        messages.get_or_create(&OfMessage { kind, state }).set(count);
    }
    let (backlog, oldest) =
        (Family::<OfLane, Gauge>::default(), Family::<OfLane, Gauge>::default());
    let paused = Family::<OfLane, Gauge>::default();
    for (lane, waiting) in waiting {
        let of = OfLane { lane: lane.into() };
        paused.get_or_create(&of).set(i64::from(standing.contains(of.lane)));
        backlog.get_or_create(&of).set(i64::try_from(waiting.messages).unwrap_or(i64::MAX));
        let since = waiting.since.map_or(0, |since| (now - since).num_seconds().max(0));
        oldest.get_or_create(&of).set(since);
    }
    let (of_person, oldest_held) =
        (Family::<OfLane, Gauge>::default(), Family::<OfLane, Gauge>::default());
    for (lane, held) in held {
        let of = OfLane { lane: lane.into() };
        of_person.get_or_create(&of).set(i64::try_from(held.messages).unwrap_or(i64::MAX));
        let since = held.since.map_or(0, |since| (now - since).num_seconds().max(0));
        oldest_held.get_or_create(&of).set(since);
    }
    let mail = registry.sub_registry_with_prefix("mail");
    mail.register("messages", "Messages that are under way or held for a person", messages);
    mail.register("deliveries", "What deliveries by this worker came to", COUNTED.ended.clone());
    let about = "How long deliveries took, with the wait for a turn with the mail server";
    mail.register("delivery_seconds", about, COUNTED.delivering.clone());
    mail.register("waiting", "Messages whose time has come and that have not gone", backlog);
    mail.register("oldest_waiting_seconds", "How long the first of them has waited", oldest);
    let about = "Messages that wait for a person: nobody knows whether they arrived";
    mail.register("held", about, of_person);
    mail.register("oldest_held_seconds", "How long the first of them has waited", oldest_held);
    mail.register("lane_paused", "1 while the mail lane is paused", paused);
    let about = "1 if the mail server took this worker in when it last connected, 0 if not";
    mail.register("server_takes", about, COUNTED.takes.clone());
    let about = "Open connections of this worker to mail servers";
    mail.register("connections", about, COUNTED.connections.clone());
    written(&registry)
}
