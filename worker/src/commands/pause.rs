//! `worker pause` and `worker resume`: a job or a mail lane stands still, and goes on.

use anyhow::Context as _;
use chrono::{DateTime, NaiveDateTime, Utc};
use clap::Args;
use entity::audit::record_command;
use entity::operations::pauses::{self, What};
use entity::operations::{jobs, lanes, pause};
use entity::scope::Scope;
use rules::calendar::moment;
use sea_orm::DatabaseTransaction;

use super::{in_london, say, told};
use crate::app::App;

/// What to pause.
#[derive(Args, Debug)]
pub struct Pause {
    /// A job, such as `plan_reminders`, or a mail lane, such as `survey`; `worker jobs` lists them.
    pub name: String,
    /// Why, for whoever wonders.
    #[arg(long)]
    pub why: String,
    /// A London time at which it goes on by itself, such as 2026-10-05T18:00.
    #[arg(long, value_parser = crate::london_time)]
    pub until: Option<NaiveDateTime>,
}

/// What to resume.
#[derive(Args, Debug)]
pub struct Resume {
    /// The job or mail lane that is paused.
    pub name: String,
    /// Why, for whoever wonders.
    #[arg(long)]
    pub why: String,
}

/// Pauses a job or a mail lane.
///
/// # Errors
/// A name that is none, a job or lane that is paused already, a moment that has passed, or a
/// database fault.
pub async fn pause(app: &App, wish: &Pause) -> anyhow::Result<()> {
    let now = app.clock.now();
    let txn = app.db.write_facts().await?;
    let what = named(&txn, &wish.name).await?;
    let until = wish.until.map(moment);
    let paused = pauses::pause(&txn, &Scope::System, None, now, what, &wish.why, until).await;
    let paused = paused.map_err(told)?;
    write_down(&txn, now, "worker-pause", &paused, &wish.name).await?;
    txn.commit().await?;
    app.signal.changed().await;
    let name = &wish.name;
    match until {
        Some(until) => say(&format!("{name} is paused until {}.", in_london(until))),
        None => say(&format!("{name} is paused until `worker resume {name}`.")),
    }
}

/// Ends the pause of a job or a mail lane.
///
/// # Errors
/// A name that is none, a job or lane that is not paused, or a database fault.
pub async fn resume(app: &App, wish: &Resume) -> anyhow::Result<()> {
    let now = app.clock.now();
    let txn = app.db.write_facts().await?;
    let what = named(&txn, &wish.name).await?;
    let paused = pauses::of(&txn, now, what).await?;
    let paused = paused.with_context(|| format!("{} is not paused", wish.name))?;
    let which = (what.kind(), paused.id);
    let ended = pauses::resume(&txn, &Scope::System, None, now, which, None, &wish.why).await;
    write_down(&txn, now, "worker-resume", &ended.map_err(told)?, &wish.name).await?;
    txn.commit().await?;
    app.signal.changed().await;
    say(&format!("{} goes on.", wish.name))
}

async fn write_down(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    command: &str,
    paused: &pause::Model,
    name: &str,
) -> anyhow::Result<()> {
    Ok(record_command(txn, now, command, Some(("Pause", paused.id)), name).await?)
}

async fn named(txn: &DatabaseTransaction, name: &str) -> anyhow::Result<What> {
    if let Some(what) = What::named(txn, name).await? {
        return Ok(what);
    }
    let jobs = jobs::all(txn).await?.into_iter().map(|job| job.name);
    let lanes = lanes::all(txn).await?.into_iter().map(|lane| lane.name);
    let (jobs, lanes): (Vec<_>, Vec<_>) = (jobs.collect(), lanes.collect());
    anyhow::bail!(
        "\"{name}\" is no job and no mail lane; the jobs are {}, the lanes {}",
        jobs.join(", "),
        lanes.join(", ")
    )
}
