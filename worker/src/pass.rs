//! One pass over the timetable: every job that is due, in order.

use std::fmt;

use chrono::{DateTime, Utc};
use entity::messages::timetable;
use rules::calendar::local;
use rules::timetable::LocalRule;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::jobs::{Job, Row, TIMETABLE};

/// What one job did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What changed, in words; empty when nothing did.
    pub summary: String,
}

impl Done {
    /// Nothing changed.
    #[must_use]
    pub fn nothing() -> Self {
        Self { summary: String::new() }
    }

    /// The parts that are not zero, such as `3 reminders planned`; `one` and `many` name the unit.
    #[must_use]
    pub fn counts(parts: &[(usize, &str, &str)]) -> Self {
        let parts = parts.iter().filter(|(count, ..)| *count > 0);
        let parts: Vec<_> = parts
            .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
            .collect();
        Self { summary: parts.join(", ") }
    }
}

/// What a pass did, job by job.
#[derive(Debug)]
pub struct Pass {
    /// When it began.
    pub now: DateTime<Utc>,
    /// The jobs that ran, each with the moment it was due, if the timetable has one.
    pub ran: Vec<(Job, Option<DateTime<Utc>>, anyhow::Result<Done>)>,
    /// Due moments that had passed undone.
    pub missed: usize,
}

/// Runs every job that is due. A job that fails does not keep the others from running.
pub async fn run(app: &App, stop: &CancellationToken) -> Pass {
    let mut pass = Pass { now: app.clock.now(), ran: Vec::new(), missed: 0 };
    for row in TIMETABLE {
        if stop.is_cancelled() {
            break;
        }
        if row.rule == LocalRule::Beat {
            let done = row.job.run_alone(app, stop).await;
            pass.ran.push((row.job, None, done));
            continue;
        }
        match on_time(app, row, &mut pass.missed).await {
            Ok(None) => {}
            Ok(Some((due_at, done))) => pass.ran.push((row.job, Some(due_at), Ok(done))),
            Err(error) => pass.ran.push((row.job, None, Err(error))),
        }
    }
    pass
}

/// Runs a job for its due moment, if it has one that nobody has taken: the record and the effects
/// commit together.
async fn on_time(
    app: &App,
    row: &Row,
    missed: &mut usize,
) -> anyhow::Result<Option<(DateTime<Utc>, Done)>> {
    let now = app.clock.now();
    let id: &str = row.job.into();
    let last = timetable::latest(app.db.reader(), now, id).await?;
    let due = row.rule.due(last, now, row.catch_up);
    if due.fire.is_none() && due.missed.is_empty() {
        return Ok(None);
    }
    let txn = app.db.write_facts().await?;
    for moment in due.missed {
        *missed += usize::from(timetable::miss(&txn, now, id, moment).await?);
    }
    let mut done = None;
    if let Some(due_at) = due.fire
        && timetable::take(&txn, now, id, due_at).await?
    {
        let did = row.job.run_within(&txn, now).await?;
        timetable::summarise(&txn, id, due_at, did.summary.clone()).await?;
        done = Some((due_at, did));
    }
    txn.commit().await?;
    Ok(done)
}

impl Pass {
    /// Whether anything changed that others may want to look at.
    #[must_use]
    pub fn changed(&self) -> bool {
        let mut done = self.ran.iter().filter_map(|(_, _, done)| done.as_ref().ok());
        done.any(|done| !done.summary.is_empty())
    }

    /// Writes what changed, and what failed, to the log.
    pub fn log(&self) {
        for (job, _, done) in &self.ran {
            let job: &str = job.into();
            match done {
                Ok(done) if done.summary.is_empty() => tracing::debug!(job, "nothing to do"),
                Ok(done) => tracing::info!(job, "{}", done.summary),
                Err(error) => tracing::error!(job, "failed, will be tried again: {error:#}"),
            }
        }
        if self.missed > 0 {
            tracing::warn!(count = self.missed, "due moments had passed while no worker ran");
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
                Ok(done) if done.summary.is_empty() => "nothing to do",
                Ok(done) => &done.summary,
                Err(_) => "failed",
            };
            write!(formatter, "\n  {job:<20} {what}")?;
            if let Some(due_at) = due_at {
                write!(formatter, " (due {})", local(*due_at).format("%-d %B %H:%M"))?;
            }
        }
        if self.missed > 0 {
            write!(formatter, "\n  {} due moments had passed undone", self.missed)?;
        }
        Ok(())
    }
}
