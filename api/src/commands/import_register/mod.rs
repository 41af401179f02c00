//! `api import-register`: the register of schools from a GIAS extract.
//!
//! One thread reads, decodes and parses while the other end writes batches inside one transaction.
//! Whatever is refused, at whatever point, rolls all of it back.

mod extract;
mod links;
mod report;
mod rows;
mod source;
mod succession;
mod write;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use entity::audit;
use entity::id::new_id;
use entity::programme::bank_holidays::settle_all;
use entity::schools::register_import;
use runtime::database::Database;
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, DatabaseTransaction, DbBackend, QueryOrder as _};

pub use report::{Counts, Moved, NeedsPerson, Rejection, Rejections, Report};

use crate::app::App;

/// Of the rows of the last import, so many percent must be there again.
const EXPECTED_PERCENT: usize = 90;
/// This many rejected rows are borne in a file of any size,
const REJECTED_ANYWAY: usize = 20;
/// and in a big one, one row in so many.
const REJECTED_ONE_IN: usize = 100;

/// The whole register goes through one transaction, and in 64 MiB SQLite need not write its pages
/// down before the end: a sixth less work than with its usual 2 MiB.
const SQLITE_CACHE: &str = "PRAGMA cache_size = -65536";

/// What `--help` says beyond the arguments.
const RULES: &str = "\
The import may be run again at any time: only what differs is written, all in one transaction.

Refused, and nothing changed: a file that is empty, cut off, or no extract of the register.
Refused unless --force is given: a file with less than 90 percent of the rows of the last import,
or one of which more than 20 rows and more than 1 percent cannot be read.
Schools that are not in the file are counted and left as they are, never closed. What a column
told stays as it was when a later file does not have that column.
The setting of a closed school follows its one plain successor; a merger, a split, a circle of
links or a successor with a setting of its own is reported for a person to decide.";

/// Arguments of the command.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = RULES)]
pub struct Arguments {
    /// The extract (`edubasealldata....csv`, or a download of search results), or it as .gz.
    pub file: PathBuf,
    /// The links file of the same day: who followed whom.
    #[arg(long)]
    pub links: Option<PathBuf>,
    /// Import although there are far fewer rows than last time, or many that cannot be read.
    #[arg(long)]
    pub force: bool,
}

/// Why an import did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be accepted, with a sentence that says why.
    #[error("{0}. Nothing was changed.")]
    Refused(String),
    /// The database failed; nothing was changed.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// The reading thread ended badly; nothing was changed.
    #[error("the file could not be read to its end: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
    /// What follows from the import cannot be derived.
    #[error(transparent)]
    Derivation(#[from] entity::outcome::StoreError),
}

/// Runs the command and prints its report.
///
/// # Errors
/// A file that is refused, or a database that fails. Nothing is changed then.
pub async fn run(app: &App, arguments: &Arguments) -> anyhow::Result<()> {
    use std::io::Write as _;
    let start = app.clock.now();
    let report = import(&app.db, start, arguments).await?;
    app.signal.changed().await;
    let seconds = (app.clock.now() - start).as_seconds_f64();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{report}\nDone in {seconds:.1} seconds.")?;
    Ok(())
}

/// Imports the files in one transaction.
///
/// # Errors
/// A file that is refused, or a database that fails. Nothing is changed then.
pub async fn import(
    db: &Database,
    now: DateTime<Utc>,
    arguments: &Arguments,
) -> Result<Report, ImportError> {
    let links = match arguments.links.clone() {
        Some(path) => Some(tokio::task::spawn_blocking(move || links::read(&path)).await??),
        None => None,
    };
    let txn = db.write_facts().await?;
    if db.backend() == DbBackend::Sqlite {
        txn.execute_unprepared(SQLITE_CACHE).await?;
    }
    match import_within(&txn, now, arguments, links).await {
        Ok(report) => {
            txn.commit().await?;
            Ok(report)
        }
        Err(error) => {
            txn.rollback().await?;
            Err(error)
        }
    }
}

async fn import_within(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    arguments: &Arguments,
    links: Option<links::LinksFile>,
) -> Result<Report, ImportError> {
    let (sender, mut batches) = tokio::sync::mpsc::channel(4);
    let path = arguments.file.clone();
    let reading = tokio::task::spawn_blocking(move || extract::read(&path, &sender));
    let mut writer = write::Writer::new(txn, now).await?;
    while let Some(batch) = batches.recv().await {
        writer.write(batch).await?;
    }
    let extract = reading.await??;
    let (mut report, schools) = writer.finish().await?;
    report.schools.rows = extract.rows;
    report.schools.rejected = extract.rejections;
    check(txn, "establishments", &report.schools, arguments.force).await?;
    record(txn, now, "establishments", &report.schools, extract.sha256).await?;
    if let Some(file) = links {
        let sha256 = file.sha256.clone();
        let counts = links::write(txn, now, file).await?;
        check(txn, "links", &counts, arguments.force).await?;
        record(txn, now, "links", &counts, sha256).await?;
        report.links = Some(counts);
    }
    succession::follow(txn, &schools, &mut report).await?;
    report.settings_renamed = entity::schools::rename_settings(txn).await?;
    // A successor may follow another calendar, and a school that closed is flagged no longer.
    if !report.moved.is_empty() || report.schools.closed > 0 {
        settle_all(txn, now).await?;
    }
    audit::record_command(txn, now, "import-register", None, &report.in_brief()).await?;
    Ok(report)
}

/// Refuses a file that is far smaller than the last, or much of which cannot be read.
async fn check(
    txn: &DatabaseTransaction,
    kind: &'static str,
    counts: &Counts,
    force: bool,
) -> Result<(), ImportError> {
    let refused = |problem: String| Err(ImportError::Refused(problem));
    let rejected = counts.rejected.count;
    if counts.rows == 0 {
        return refused(format!("the file of {kind} is empty: it has a header and no rows"));
    }
    let first = || {
        let first = counts.rejected.first.first();
        first.map_or_else(String::new, |it| format!("; line {}: {}", it.line, it.reason))
    };
    if rejected == counts.rows {
        return refused(format!("not one row of the file of {kind} can be read{}", first()));
    }
    if force {
        return Ok(());
    }
    if rejected > REJECTED_ANYWAY && rejected * REJECTED_ONE_IN > counts.rows {
        return refused(format!(
            "{rejected} of {} rows of the file of {kind} cannot be read; --force would leave them out{}",
            counts.rows,
            first()
        ));
    }
    let last = register_import::Entity::find()
        .filter(register_import::Column::Kind.eq(kind))
        .order_by_desc(register_import::Column::ImportedAt)
        .order_by_desc(register_import::Column::Id)
        .one(txn)
        .await?;
    let last = last.map_or(0, |last| usize::try_from(last.rows).unwrap_or(0));
    if counts.rows * 100 < last * EXPECTED_PERCENT {
        return refused(format!(
            "the file of {kind} has {} rows, the last one had {last}; if that is right, give --force",
            counts.rows
        ));
    }
    Ok(())
}

/// Writes down that the file was imported.
async fn record(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    kind: &'static str,
    counts: &Counts,
    sha256: String,
) -> Result<(), DbErr> {
    let number = |count: usize| Set(i32::try_from(count).unwrap_or(i32::MAX));
    let row = register_import::ActiveModel {
        id: Set(new_id(now)),
        kind: Set(kind.to_owned()),
        file_sha256: Set(sha256),
        rows: number(counts.rows),
        added: number(counts.added),
        changed: number(counts.changed),
        closed: number(counts.closed),
        unchanged: number(counts.unchanged),
        rejected: number(counts.rejected.count),
        imported_at: Set(now),
    };
    register_import::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}
