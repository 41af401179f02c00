//! One pass over the timetable: every job that is due, in order.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use entity::messages::timetable::{self, Pen};
use entity::operations::pauses;
use futures::FutureExt as _;
use rules::calendar::local;
use rules::timetable::{Fate, LocalRule};
use sea_orm::ConnectionTrait;
use tokio_util::sync::CancellationToken;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::app::App;
use crate::jobs::{Job, Row, TIMETABLE};

/// What one job did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What changed, in words; empty when nothing did.
    pub summary: String,
    /// Whether it ended before all was done, so that others have their turn.
    pub more: bool,
    /// What kept it from doing more though it did not fail, in a sentence. It is told, and is no
    /// change.
    pub trouble: Option<String>,
}

impl Done {
    /// Nothing changed.
    #[must_use]
    pub fn nothing() -> Self {
        Self { summary: String::new(), more: false, trouble: None }
    }

    /// The parts that are not zero, such as `3 reminders planned`; `one` and `many` name the unit.
    #[must_use]
    pub fn counts(parts: &[(usize, &str, &str)]) -> Self {
        let parts = parts.iter().filter(|(count, ..)| *count > 0);
        let parts: Vec<_> = parts
            .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
            .collect();
        Self { summary: parts.join(", "), more: false, trouble: None }
    }

    /// What it did and what it met, in words; empty when nothing.
    #[must_use]
    pub fn told(&self) -> String {
        match (&self.trouble, self.summary.as_str()) {
            (None, summary) => summary.to_owned(),
            (Some(trouble), "") => trouble.clone(),
            (Some(trouble), summary) => format!("{summary}. {trouble}"),
        }
    }
}

/// What a pass did, job by job.
#[derive(Debug)]
pub struct Pass {
    /// When it began.
    pub now: DateTime<Utc>,
    /// The jobs that ran, each with the moment it was due, if the timetable has one.
    pub ran: Vec<(Job, Option<DateTime<Utc>>, anyhow::Result<Done>)>,
    /// How long each of them took.
    pub took: Vec<Duration>,
    /// Due moments that had passed undone.
    pub missed: usize,
    /// Those of each job.
    pub missed_by: BTreeMap<Job, usize>,
    /// Due moments that passed because their job is paused, or was.
    pub paused: usize,
}

impl Pass {
    fn begin(now: DateTime<Utc>) -> Self {
        let missed_by = BTreeMap::new();
        Self { now, ran: Vec::new(), took: Vec::new(), missed: 0, missed_by, paused: 0 }
    }

    fn add(
        &mut self,
        job: Job,
        due_at: Option<DateTime<Utc>>,
        began: Instant,
        done: anyhow::Result<Done>,
    ) {
        tell(due_at, &done);
        self.ran.push((job, due_at, done));
        self.took.push(began.elapsed());
    }
}

/// Tells of a run in the span it is in, for whoever collects traces.
fn tell(due_at: Option<DateTime<Utc>>, done: &anyhow::Result<Done>) {
    let span = Span::current();
    if let Some(due_at) = due_at {
        span.record("due_at", due_at.to_rfc3339());
    }
    if let Ok(done) = done {
        span.record("outcome", "done");
        span.record("summary", done.told());
    } else {
        span.record("outcome", "failed");
        span.record("otel.status_code", "ERROR");
    }
}

/// Milliseconds as they are written down.
#[must_use]
pub fn milliseconds(took: Duration) -> i32 {
    i32::try_from(took.as_millis()).unwrap_or(i32::MAX)
}

/// Runs every job that is due and not paused. A job that fails does not keep the others from running.
pub async fn run(app: &App, stop: &CancellationToken) -> Pass {
    let mut pass = Pass::begin(app.clock.now());
    for row in TIMETABLE {
        if stop.is_cancelled() {
            break;
        }
        let job: &str = row.job.into();
        let span = tracing::info_span!(
            "job",
            name = job,
            due_at = Empty,
            outcome = Empty,
            summary = Empty,
            otel.status_code = Empty
        );
        if row.rule == LocalRule::Beat {
            beat(app, row, &mut pass, stop).instrument(span).await;
        } else {
            on_time(app, row, &mut pass, stop).instrument(span).await;
        }
    }
    pass
}

/// Runs a job of the heartbeat, unless it is paused.
async fn beat(app: &App, row: &Row, pass: &mut Pass, stop: &CancellationToken) {
    let began = Instant::now();
    let done = match is_paused(app, row.job).await {
        Ok(true) => return,
        Ok(false) => contained(Box::pin(row.job.run_alone(app, stop))).await,
        Err(error) => Err(error),
    };
    pass.add(row.job, None, began, done);
}

/// A job that panics has failed, and that is all: the other jobs run, and so does it the next time.
async fn contained<T>(job: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    // What it was at is undone with its transaction, and nothing else of it is looked at again.
    let ended = AssertUnwindSafe(job).catch_unwind().await;
    // Its words are in the log: they may repeat what it was at.
    ended.unwrap_or_else(|_| Err(anyhow::anyhow!("it panicked, as the log says")))
}

async fn is_paused(app: &App, job: Job) -> anyhow::Result<bool> {
    let now = app.clock.now();
    let pauses = pauses::of_job(app.db.reader(), job.into()).await?;
    Ok(pauses.iter().any(|pause| pause.holds(now)))
}

/// Runs a job for each of its due moments that nobody has taken: the record and the effects of one
/// commit together.
async fn on_time(app: &App, row: &Row, pass: &mut Pass, stop: &CancellationToken) {
    let now = app.clock.now();
    // Mostly there is nothing to do, and then nobody has to wait.
    let mut due = look(app.db.reader(), row, now).await;
    loop {
        let began = Instant::now();
        match due {
            Ok(moments) if moments.is_empty() || stop.is_cancelled() => return,
            Ok(_) => {}
            Err(error) => return pass.add(row.job, None, began, Err(error)),
        }
        let settled = contained(Box::pin(settle(app, row, now, pass, began)));
        match settled.instrument(tracing::debug_span!("occurrence")).await {
            Ok(None) => {}
            Ok(Some((due_at, done))) => pass.add(row.job, Some(due_at), began, Ok(done)),
            Err(error) => return pass.add(row.job, None, began, Err(error)),
        }
        due = look(app.db.reader(), row, now).await;
    }
}

/// What becomes of the moments of a job that are not written down yet.
async fn look(
    db: &impl ConnectionTrait,
    row: &Row,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<(DateTime<Utc>, Fate)>> {
    let id: &str = row.job.into();
    let last = timetable::latest(db, now, id).await?;
    if row.rule.due(last, now, row.catch_up, &[]).is_empty() {
        return Ok(Vec::new());
    }
    Ok(row.rule.due(last, now, row.catch_up, &pauses::of_job(db, id).await?))
}

/// Writes down, in one transaction, the first of the moments: those that passed, up to the first
/// that fires, or that one alone with its effects. Whatever fails then does not undo what passed.
async fn settle(
    app: &App,
    row: &Row,
    now: DateTime<Utc>,
    pass: &mut Pass,
    began: Instant,
) -> anyhow::Result<Option<(DateTime<Utc>, Done)>> {
    let id: &str = row.job.into();
    let pen = Pen { now, trial: app.trial };
    let txn = app.db.write_facts().await?;
    let due = look(&txn, row, now).await?;
    let (mut missed, mut paused, mut done) = (0, 0, None);
    for (number, (moment, fate)) in due.into_iter().enumerate() {
        match fate {
            Fate::Missed => missed += usize::from(timetable::miss(&txn, pen, id, moment).await?),
            Fate::Paused => {
                paused += usize::from(timetable::skip_paused(&txn, pen, id, moment).await?);
            }
            Fate::Fire if number > 0 => break,
            Fate::Fire => {
                if timetable::take(&txn, pen, id, moment).await? {
                    let did = row.job.run_within(app, &txn, now).await?;
                    let took = milliseconds(began.elapsed());
                    timetable::summarise(&txn, id, moment, did.summary.clone(), took).await?;
                    done = Some((moment, did));
                }
                break;
            }
        }
    }
    txn.commit().await?;
    pass.missed += missed;
    pass.paused += paused;
    if missed > 0 {
        *pass.missed_by.entry(row.job).or_default() += missed;
    }
    Ok(done)
}

impl Pass {
    /// Whether anything changed that others may want to look at.
    #[must_use]
    pub fn changed(&self) -> bool {
        let mut done = self.ran.iter().filter_map(|(_, _, done)| done.as_ref().ok());
        done.any(|done| !done.summary.is_empty())
    }

    /// Whether a job ended before all was done: the next pass goes on with it.
    #[must_use]
    pub fn more(&self) -> bool {
        self.ran.iter().any(|(_, _, done)| done.as_ref().is_ok_and(|done| done.more))
    }

    /// Writes what changed, and what failed, to the log.
    pub fn log(&self) {
        for (job, _, done) in &self.ran {
            let job: &str = job.into();
            match done {
                Ok(done) if done.told().is_empty() => tracing::debug!(job, "nothing to do"),
                Ok(done) if done.trouble.is_some() => tracing::warn!(job, "{}", done.told()),
                Ok(done) => tracing::info!(job, "{}", done.summary),
                Err(error) => tracing::error!(job, "failed, will be tried again: {error:#}"),
            }
        }
        if self.missed > 0 {
            tracing::warn!(count = self.missed, "due moments had passed while no worker ran");
        }
        if self.paused > 0 {
            tracing::info!(count = self.paused, "due moments passed while their job was paused");
        }
    }

    /// Success if every job succeeded.
    ///
    /// # Errors
    /// The first job that failed.
    pub fn into_result(self) -> anyhow::Result<()> {
        for (job, _, done) in self.ran {
            done.map_err(|error| error.context(format!("{} failed", <&str>::from(job))))?;
        }
        Ok(())
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = local(self.now).format("%A %-d %B %Y, %H:%M");
        write!(formatter, "As of {now} in London:")?;
        for (job, due_at, done) in &self.ran {
            let job: &str = job.into();
            let what = match done {
                Ok(done) => done.told(),
                Err(_) => "failed".to_owned(),
            };
            let what = if what.is_empty() { "nothing to do" } else { &what };
            write!(formatter, "\n  {job:<20} {what}")?;
            if let Some(due_at) = due_at {
                write!(formatter, " (due {})", local(*due_at).format("%-d %B %H:%M"))?;
            }
        }
        if self.missed > 0 {
            write!(formatter, "\n  {} due moments had passed undone", self.missed)?;
        }
        if self.paused > 0 {
            let paused = self.paused;
            write!(formatter, "\n  {paused} due moments passed while their job was paused")?;
        }
        Ok(())
    }
}
