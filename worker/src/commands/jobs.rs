//! `worker jobs`: the timetable, how the jobs do, and what waits in the mail lanes.

use std::fmt;

use chrono::{DateTime, Utc};
use clap::Args;
use entity::messages::{health, timetable};
use entity::operations::pauses::{self, What};
use entity::operations::{job, jobs, lanes, mail_lane, pause};
use rules::lanes::MailLane;
use runtime::clock::Clock;
use serde::Serialize;
use uuid::Uuid;

use super::{in_london, say};
use crate::app::App;

/// Missed moments that are listed of each job.
const MISSED: u64 = 5;

/// How to say it.
#[derive(Args, Debug)]
pub struct Arguments {
    /// As JSON, with all times in UTC.
    #[arg(long)]
    pub json: bool,
}

/// Everything there is to tell.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// As of when.
    pub as_of: DateTime<Utc>,
    /// How many workers live.
    pub workers_alive: usize,
    /// When a worker was last heard of, by the machine's own clock or, of workers that have stopped,
    /// the programme's; none if never.
    pub worker_last_seen_at: Option<DateTime<Utc>>,
    /// The jobs.
    pub jobs: Vec<JobTold>,
    /// The mail lanes, as they are now.
    pub mail_lanes: Vec<LaneTold>,
}

/// What there is to tell of a job.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "they are what the columns of `job` say")]
pub struct JobTold {
    pub name: String,
    pub about: String,
    pub timetable: String,
    pub next_due_at: Option<DateTime<Utc>>,
    pub last_began_at: Option<DateTime<Utc>>,
    pub last_took_ms: Option<i32>,
    pub last_outcome: Option<String>,
    pub last_summary: String,
    pub last_done_at: Option<DateTime<Utc>>,
    pub runs: i32,
    pub failures: i32,
    pub failures_in_a_row: i32,
    pub last_failed_at: Option<DateTime<Utc>>,
    pub last_failure: Option<String>,
    pub missed: i32,
    pub last_missed: Vec<DateTime<Utc>>,
    pub waiting: Option<i32>,
    pub waiting_since: Option<DateTime<Utc>>,
    pub paused: Option<PauseTold>,
}

/// What there is to tell of a mail lane.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "they are what the columns of `mail_lane` say")]
pub struct LaneTold {
    pub name: String,
    pub about: String,
    pub waiting: usize,
    pub waiting_since: Option<DateTime<Utc>>,
    pub held: usize,
    pub held_since: Option<DateTime<Utc>>,
    pub first_held: Vec<Uuid>,
    pub paused: Option<PauseTold>,
}

/// A pause that is in force.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "they are what the columns of `pause` say")]
pub struct PauseTold {
    pub since: DateTime<Utc>,
    pub until: Option<DateTime<Utc>>,
    pub why: String,
}

/// Prints how the jobs do.
///
/// # Errors
/// A database fault.
pub async fn run(app: &App, arguments: &Arguments) -> anyhow::Result<()> {
    let told = look(app).await?;
    if arguments.json {
        return say(&serde_json::to_string_pretty(&told)?);
    }
    say(told.to_string().trim_end())
}

/// Looks at the jobs and lanes.
///
/// # Errors
/// A database fault.
pub async fn look(app: &App) -> anyhow::Result<Told> {
    let now = app.clock.now();
    let db = app.db.reader();
    let mut found = Vec::new();
    for row in jobs::all(db).await? {
        let last_missed = timetable::missed(db, &row.name, MISSED).await?;
        let paused = pauses::of(db, now, What::Job(row.id)).await?.map(PauseTold::of);
        found.push(JobTold::of(row, last_missed, paused));
    }
    let waiting = lanes::waiting(db, now).await?;
    let mut held = lanes::held(db).await?;
    let mut mail_lanes = Vec::new();
    for mail_lane::Model { id, name, about, .. } in lanes::all(db).await? {
        let lane: Option<MailLane> = name.parse().ok();
        let waits = lane.and_then(|lane| waiting.get(&lane)).copied().unwrap_or_default();
        let held = lane.and_then(|lane| held.remove(&lane)).unwrap_or_default();
        mail_lanes.push(LaneTold {
            name,
            about,
            waiting: waits.messages,
            waiting_since: waits.since,
            held: held.messages,
            held_since: held.since,
            first_held: held.first,
            paused: pauses::of(db, now, What::MailLane(id)).await?.map(PauseTold::of),
        });
    }
    let workers = health::workers(db).await?;
    let (machine, beat) = (Clock::machine().now(), app.config.worker.beat_seconds);
    let workers_alive = workers.iter().filter(|worker| worker.is_alive(machine, beat)).count();
    // A worker that stops leaves no word but what it did.
    let worker_last_seen_at = workers.first().map(|worker| worker.seen_at);
    let last_began_at = found.iter().filter_map(|job| job.last_began_at).max();
    let worker_last_seen_at = worker_last_seen_at.max(last_began_at);
    Ok(Told { as_of: now, workers_alive, worker_last_seen_at, jobs: found, mail_lanes })
}

impl JobTold {
    fn of(row: job::Model, last_missed: Vec<DateTime<Utc>>, paused: Option<PauseTold>) -> Self {
        Self {
            name: row.name,
            about: row.about,
            timetable: row.timetable,
            next_due_at: row.next_due_at,
            last_began_at: row.last_began_at,
            last_took_ms: row.last_took_ms,
            last_outcome: row.last_outcome,
            last_summary: row.last_summary,
            last_done_at: row.last_done_at,
            runs: row.runs,
            failures: row.failures,
            failures_in_a_row: row.failures_in_a_row,
            last_failed_at: row.last_failed_at,
            last_failure: row.last_failure,
            missed: row.missed,
            last_missed,
            waiting: row.waiting,
            waiting_since: row.waiting_since,
            paused,
        }
    }
}

impl PauseTold {
    fn of(row: pause::Model) -> Self {
        Self { since: row.since, until: row.until, why: row.why }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "As of {} in London.", in_london(self.as_of))?;
        if self.jobs.is_empty() {
            return writeln!(formatter, "No worker has run here yet.");
        }
        match (self.workers_alive, self.worker_last_seen_at) {
            (0, Some(seen)) => writeln!(
                formatter,
                "NO WORKER RUNS: none has been seen since {}. No job is done and no mail goes.",
                in_london(seen)
            )?,
            (0, None) => writeln!(formatter, "NO WORKER RUNS: none has been seen.")?,
            (1, _) => writeln!(formatter, "1 worker runs.")?,
            (alive, _) => writeln!(formatter, "{alive} workers run.")?,
        }
        for job in &self.jobs {
            write!(formatter, "\n{job}")?;
        }
        for lane in &self.mail_lanes {
            write!(formatter, "\n{lane}")?;
        }
        Ok(())
    }
}

impl fmt::Display for JobTold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}: {}", self.name, self.about)?;
        writeln!(formatter, "  due      {}", self.timetable)?;
        if let Some(next) = self.next_due_at {
            writeln!(formatter, "  next     {}", in_london(next))?;
        }
        match self.last_began_at {
            Some(last) => {
                let took = self.last_took_ms.unwrap_or(0);
                let failed = self.last_outcome.as_deref() == Some("failed");
                let what = match self.last_summary.as_str() {
                    _ if failed => "failed",
                    "" => "nothing to do",
                    summary => summary,
                };
                writeln!(formatter, "  last     {}, in {took} ms: {what}", in_london(last))?;
            }
            None => writeln!(formatter, "  last     never")?,
        }
        if let (Some(at), Some(why)) = (self.last_failed_at, &self.last_failure) {
            let (all, runs, row) = (self.failures, self.runs, self.failures_in_a_row);
            writeln!(formatter, "  failed   {all} of {runs} runs, {row} in a row by now")?;
            writeln!(formatter, "           {}: {why}", in_london(at))?;
            if self.failures_in_a_row > 0 {
                let good = self.last_done_at.map_or("never".to_owned(), in_london);
                writeln!(formatter, "           last without failure: {good}")?;
            }
        }
        if self.missed > 0 {
            let last = self.last_missed.first().map(|at| format!(", last {}", in_london(*at)));
            writeln!(formatter, "  missed   {}{}", self.missed, last.unwrap_or_default())?;
        }
        if let Some(waiting) = self.waiting {
            let waiting = usize::try_from(waiting).unwrap_or(0);
            write_waiting(formatter, waiting, self.waiting_since)?;
        }
        write_pause(formatter, self.paused.as_ref())
    }
}

impl fmt::Display for LaneTold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "mail lane {}: {}", self.name, self.about)?;
        write_waiting(formatter, self.waiting, self.waiting_since)?;
        if let Some(since) = self.held_since {
            let (held, since) = (self.held, in_london(since));
            writeln!(
                formatter,
                "  HELD     {held}, since {since}: nobody knows whether they arrived;"
            )?;
            writeln!(formatter, "           `worker settle ID` or `worker replay ID` decides")?;
        }
        for id in &self.first_held {
            writeln!(formatter, "           {id}")?;
        }
        write_pause(formatter, self.paused.as_ref())
    }
}

fn write_waiting(
    formatter: &mut fmt::Formatter<'_>,
    waiting: usize,
    since: Option<DateTime<Utc>>,
) -> fmt::Result {
    match since {
        Some(since) if waiting > 0 => {
            writeln!(formatter, "  waiting  {waiting}, since {}", in_london(since))
        }
        _ => writeln!(formatter, "  waiting  nothing"),
    }
}

fn write_pause(formatter: &mut fmt::Formatter<'_>, paused: Option<&PauseTold>) -> fmt::Result {
    let Some(PauseTold { since, until, why }) = paused else {
        return Ok(());
    };
    let until = until.map(|until| format!(" until {}", in_london(until))).unwrap_or_default();
    writeln!(formatter, "  PAUSED   since {}{until}: {why}", in_london(*since))
}
