//! Writing down how the jobs do, after each pass and in a transaction of its own: a failure is told
//! though what failed was undone.

use chrono::{DateTime, Utc};
use entity::messages::timetable;
use entity::operations::jobs::{self, Described, Run, Seen};
use entity::operations::{lanes, pauses};
use rules::calendar::local;
use rules::timetable::{Fate, LocalRule};
use rules::words::in_one_line;
use strum::EnumMessage as _;

use crate::app::App;
use crate::jobs::{Job, Row, TIMETABLE};
use crate::metrics;
use crate::pass::{Done, Pass, milliseconds};

/// Writes down which jobs and mail lanes there are. Where several versions of the worker run, the
/// one that started last has the word.
///
/// # Errors
/// The database fails.
pub async fn register(app: &App) -> anyhow::Result<()> {
    let described: Vec<_> = TIMETABLE.iter().map(described).collect();
    let now = app.clock.now();
    let waiting = lanes::waiting(app.db.reader(), now).await?;
    let held = lanes::held(app.db.reader()).await?;
    let txn = app.db.write().await?;
    jobs::register(&txn, now, &described).await?;
    lanes::note(&txn, now, &waiting, &held).await?;
    Ok(txn.commit().await?)
}

/// Sees that a pretended time does not lie before what the worker has done: alerts would end before
/// they were raised, and what was sent would be planned anew.
///
/// # Errors
/// It does, or the database fails.
pub async fn never_back(app: &App) -> anyhow::Result<()> {
    let furthest = timetable::furthest(app.db.reader()).await?;
    if let Some(done) = furthest.filter(|done| app.clock.now() < *done) {
        anyhow::bail!(
            "--now lies before {}, up to which the worker has done its work: give that time or a \
             later one",
            local(done).format("%A %-d %B %Y at %H:%M")
        );
    }
    Ok(())
}

fn described(row: &Row) -> Described {
    let timetable = match row.rule {
        LocalRule::Beat => row.rule.to_string(),
        _ => format!("{}; {}", row.rule, row.catch_up),
    };
    let about = in_one_line(row.job.get_documentation().unwrap_or_default());
    Described { name: row.job.into(), about, timetable }
}

/// Writes down what a pass did, and what waits after it.
///
/// # Errors
/// The database fails.
pub async fn note(app: &App, pass: &Pass) -> anyhow::Result<()> {
    metrics::passed(pass);
    let now = app.clock.now();
    let db = app.db.reader();
    let waiting = lanes::waiting(db, now).await?;
    let held = lanes::held(db).await?;
    let mut seen = Vec::with_capacity(TIMETABLE.len());
    for row in TIMETABLE {
        let waiting = match row.job {
            Job::Deliver => Some((
                waiting.values().map(|lane| lane.messages).sum(),
                waiting.values().filter_map(|lane| lane.since).min(),
            )),
            _ if row.rule == LocalRule::Beat => None,
            _ => Some(undone(app, row, now).await?),
        };
        let runs = pass.ran.iter().zip(&pass.took).filter(|((job, ..), _)| *job == row.job);
        let runs = runs.map(|((_, _, done), took)| Run {
            began_at: pass.now,
            took_ms: milliseconds(*took),
            outcome: match done {
                Ok(done) => Ok(told(done, waiting)),
                Err(error) => Err(format!("{error:#}")),
            },
        });
        let missed = pass.missed_by.get(&row.job).copied().unwrap_or(0);
        let next_due_at = row.rule.next(now + chrono::TimeDelta::microseconds(1));
        seen.push((row.job, Seen { next_due_at, missed, waiting, runs: runs.collect() }));
    }
    let txn = app.db.write().await?;
    for (job, seen) in seen {
        jobs::note(&txn, now, job.into(), seen).await?;
    }
    lanes::note(&txn, now, &waiting, &held).await?;
    Ok(txn.commit().await?)
}

/// What a run came to; where something kept it from doing more, also how much waits.
fn told(done: &Done, waiting: Option<(usize, Option<DateTime<Utc>>)>) -> String {
    match (&done.trouble, waiting) {
        (Some(_), Some((1, _))) => format!("{} 1 waits.", done.told()),
        (Some(_), Some((waiting, _))) if waiting > 1 => format!("{} {waiting} wait.", done.told()),
        _ => done.told(),
    }
}

/// Moments of a job that are due and not done, and since when the first of them has been.
async fn undone(
    app: &App,
    row: &Row,
    now: DateTime<Utc>,
) -> anyhow::Result<(usize, Option<DateTime<Utc>>)> {
    let (db, name) = (app.db.reader(), row.job.into());
    let last = timetable::latest(db, now, name).await?;
    let due = row.rule.due(last, now, row.catch_up, &pauses::of_job(db, name).await?);
    let mut due = due.into_iter().filter(|(_, fate)| *fate == Fate::Fire).map(|(at, _)| at);
    let first = due.next();
    Ok((usize::from(first.is_some()) + due.count(), first))
}
