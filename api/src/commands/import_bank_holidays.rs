//! `api import-bank-holidays`: the gov.uk feed.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};
use entity::audit;
use entity::programme::bank_holidays;
use sea_orm::DatabaseTransaction;

use crate::app::App;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file, as downloaded from <https://www.gov.uk/bank-holidays.json>.
    pub file: PathBuf,
}

/// What an import came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Days of the file.
    pub days: usize,
    /// Days that were not known before.
    pub added: Vec<(NaiveDate, String)>,
    /// Obligations that moved in consequence.
    pub obligations_changed: usize,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read or is not the feed; the database is then as it was.
pub async fn run(app: &App, arguments: &Arguments) -> anyhow::Result<()> {
    let name = arguments.file.display();
    let text = std::fs::read_to_string(&arguments.file)
        .with_context(|| format!("{name} cannot be read"))?;
    let txn = app.db.write_facts().await?;
    let now = app.clock.now();
    let report = load(&txn, now, &text).await.with_context(|| format!("{name} was not loaded"))?;
    let came_to = format!(
        "{} of {} days added; {} obligation(s) moved",
        report.added.len(),
        report.days,
        report.obligations_changed
    );
    audit::record_command(&txn, now, "import-bank-holidays", None, &came_to).await?;
    txn.commit().await?;
    app.signal.changed().await;
    let mut out = std::io::stdout().lock();
    for (day, title) in &report.added {
        writeln!(out, "added: {day} {title}")?;
    }
    if report.added.is_empty() {
        writeln!(out, "Nothing changed: all {} days are known.", report.days)?;
    } else {
        writeln!(
            out,
            "{} of {} days added; {} obligation(s) moved in consequence.",
            report.added.len(),
            report.days,
            report.obligations_changed
        )?;
    }
    Ok(())
}

/// Loads the text of the feed within the caller's transaction: adds the days of England and Wales
/// that are not known, removes none, and derives anew what they move.
///
/// # Errors
/// Text that is not the feed, or a database fault.
pub async fn load(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    text: &str,
) -> anyhow::Result<Report> {
    let days = rules::calendar::bank_holidays(text)?;
    let added = bank_holidays::add(txn, now, &days).await?;
    let obligations_changed =
        if added.is_empty() { 0 } else { bank_holidays::settle_all(txn, now).await? };
    Ok(Report { days: days.len(), added, obligations_changed })
}
