//! `worker simulate`: the same jobs in virtual time, on a copy, so that somebody can see a year
//! before it happens. Nothing of the original is touched: no row, no mail, no signal.
//!
//! The facts are those recorded when it starts, and nobody does anything more. It takes up where
//! the worker left off, walks up to the first day asked for without a word, and reports from there.

pub mod copy;
mod print;
pub mod report;
mod seen;
pub mod walk;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{DateTime, Months, NaiveDate, NaiveTime, Utc};
use entity::messages::timetable;
use entity::operations::pauses;
use rules::calendar::{end_of_day, local, moment};
use rules::standstill::Standstill;
use runtime::clock::Clock;
use runtime::config::Config;
use runtime::database::Database;
use runtime::signal::Signal;
use sea_orm::ConnectionTrait;
use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::jobs::TIMETABLE;
use crate::mail::Destination;
use copy::Copy;
use report::Report;
use walk::{Pace, Walk};

/// Longest time that is walked: further off nothing of today's facts holds.
const LONGEST: Months = Months::new(36);

/// What to simulate.
#[derive(Clone, Debug)]
pub struct Request {
    /// First day to report.
    pub from: NaiveDate,
    /// Last day to report.
    pub to: NaiveDate,
    /// Where the JSON goes.
    pub report: Option<PathBuf>,
}

/// Runs the command: text on standard output, JSON in the file.
///
/// # Errors
/// Days that cannot be, a file that cannot be written, a database that is not ready, no room for
/// the copy, or it was asked to stop.
pub async fn run(
    config: Config,
    clock: Clock,
    stop: CancellationToken,
    request: Request,
) -> anyhow::Result<()> {
    check_days(&request)?;
    let file = request.report.as_deref().map(prepare).transpose()?;
    let original = open(&config).await?;
    let report = simulate(&original, config, clock.now(), &request, Pace::Sparse, &stop).await?;
    write!(std::io::stdout(), "{report}").context("the summary cannot be written")?;
    if let (Some(mut file), Some(path)) = (file, request.report) {
        let problem = || format!("the report cannot be written to {}", path.display());
        serde_json::to_writer_pretty(&mut file, &report).with_context(problem)?;
        file.write_all(b"\n").with_context(problem)?;
        file.persist(&path).with_context(problem)?;
    }
    Ok(())
}

/// Simulates on a copy of `original`, of which nothing is left in the end. `now` is the moment at
/// which it is asked for.
///
/// # Errors
/// As [`run`].
pub async fn simulate(
    original: &Database,
    config: Config,
    now: DateTime<Utc>,
    request: &Request,
    pace: Pace,
    stop: &CancellationToken,
) -> anyhow::Result<Report> {
    check_days(request)?;
    let copy = Copy::of(original).await?;
    tracing::info!("the copy is made");
    let first = moment(request.from.and_time(NaiveTime::MIN));
    let start = match done_until(copy.db.reader(), now).await? {
        Some(done) if end_of_day(request.from) <= done => {
            anyhow::bail!(
                "--from lies before {}, up to which the worker has done its work: give that day \
                 or a later one",
                local(done).format("%A %-d %B %Y at %H:%M")
            );
        }
        Some(done) => done,
        None => first,
    };
    let too_far = start.checked_add_months(LONGEST).is_none_or(|end| end < first);
    anyhow::ensure!(
        !too_far,
        "--from lies more than three years after {}, up to which the worker has done its work",
        local(start).format("%A %-d %B %Y")
    );
    let app = app_on(&copy, config, start, stop)?;
    let paused = forget_pauses(&app, now).await?;
    // A long story, too long for the stack.
    let mut walk = Box::pin(Walk::begin(app, start, pace, stop)).await?;
    let end = end_of_day(request.to) - chrono::TimeDelta::microseconds(1);
    Box::pin(walk.until(end, stop)).await?;
    Ok(Report { paused, ..walk.report(request.from, request.to) })
}

fn check_days(request: &Request) -> anyhow::Result<()> {
    let Request { from, to, .. } = request;
    anyhow::ensure!(from <= to, "--to lies before --from: give the first day, then the last");
    let last = from.checked_add_months(LONGEST);
    anyhow::ensure!(
        last.is_some_and(|last| *to <= last),
        "--to lies more than three years after --from: that far nothing can be foreseen"
    );
    Ok(())
}

/// Makes sure that the report can be written before anything else is done. It is written beside its
/// place and moved there at the end: names are in it, so nobody else may read it.
fn prepare(path: &Path) -> anyhow::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    anyhow::ensure!(
        !path.is_dir(),
        "the report cannot be written to {}: it is a folder",
        path.display()
    );
    anyhow::ensure!(
        folder.is_dir(),
        "the report cannot be written to {}: there is no folder {}",
        path.display(),
        folder.display()
    );
    NamedTempFile::new_in(folder)
        .with_context(|| format!("the report cannot be written to {}", path.display()))
}

/// Opens the database to copy.
async fn open(config: &Config) -> anyhow::Result<Database> {
    let opened = Database::open_existing(&config.database).await;
    opened.context("the database of the setting database.url (DATABASE_URL) does not answer")
}

/// Up to when the worker has done its work; none if it never ran.
async fn done_until(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<DateTime<Utc>>> {
    let mut done = None;
    for row in TIMETABLE {
        done = done.max(timetable::latest(db, now, row.job.into()).await?);
    }
    Ok(done)
}

/// What is paused today is no forecast: the copy goes on as if nothing were. Says what was.
async fn forget_pauses(app: &App, now: DateTime<Utc>) -> anyhow::Result<Vec<String>> {
    let txn = app.db.write().await?;
    let paused = pauses::standstills(&txn, now).await?;
    pauses::forget_all(&txn).await?;
    txn.commit().await?;
    Ok(paused.iter().map(Standstill::says).collect())
}

/// A worker on the copy: a clock that stands, no other process to signal to, mail that goes nowhere.
fn app_on(
    copy: &Copy,
    mut config: Config,
    start: DateTime<Utc>,
    stop: &CancellationToken,
) -> anyhow::Result<App> {
    config.redis.url = String::new();
    // What goes nowhere needs no signature.
    config.mail.dkim_domain = String::new();
    // What comes back belongs to the original.
    config.mail.bounces_folder = std::path::PathBuf::new();
    let signal = Signal::start(&config.redis.url, stop.clone())?;
    let mail = Destination::Nowhere;
    App::on(copy.db.clone(), config, Clock::standing_at(start), signal, mail)
}
