//! `api import-programme`: hubs, events, enrolments and contacts in bulk, all or nothing.

mod apply;
mod enrolment;
mod lookup;
pub mod report;
pub(in crate::commands) mod row;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use csv::StringRecord;
use entity::audit;
use sea_orm::DatabaseTransaction;

use self::apply::Importer;
use self::report::{Fault, Outcome, Report, RowReport};
use self::row::COLUMNS;
use crate::app::App;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file; docs/import-programme.md describes its columns.
    pub file: PathBuf,
    /// Only check the file and report what it would do.
    #[arg(long)]
    pub check: bool,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read, or one with faults; the database is then as it was.
pub async fn run(app: &App, arguments: &Arguments) -> anyhow::Result<()> {
    all_or_nothing(app, "import-programme", &arguments.file, arguments.check, import).await
}

/// Imports a file in one transaction, which stays if the file has no faults and is not only checked,
/// and prints the report.
///
/// # Errors
/// A file that cannot be read, or one with faults; the database is then as it was.
pub(in crate::commands) async fn all_or_nothing(
    app: &App,
    command: &'static str,
    file: &Path,
    check: bool,
    import: impl AsyncFnOnce(&DatabaseTransaction, DateTime<Utc>, &str) -> anyhow::Result<Report>,
) -> anyhow::Result<()> {
    let name = file.display();
    let bytes = std::fs::read(file).with_context(|| format!("{name} cannot be read"))?;
    let txn = app.db.write_facts().await?;
    let now = app.clock.now();
    let report = import(&txn, now, &decode(bytes)).await?;
    let faults = report.faults();
    if faults == 0 && !check {
        audit::record_command(&txn, now, command, None, &report.in_brief()).await?;
        txn.commit().await?;
        app.signal.changed().await;
    } else {
        txn.rollback().await?;
    }
    let mut out = std::io::stdout().lock();
    if check {
        write!(out, "This was a check.\n{}", report.of_check())?;
    } else {
        write!(out, "{report}")?;
    }
    anyhow::ensure!(faults == 0, "{name} has {faults} fault(s); nothing was changed");
    Ok(())
}

/// The text of a file: UTF-8, or else what Windows spreadsheets write.
fn decode(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes).unwrap_or_else(|error| {
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(error.as_bytes());
        text.into_owned()
    });
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

/// One row of a file.
pub(in crate::commands) struct Line {
    pub number: u64,
    pub record: StringRecord,
}

/// Imports the text of a file within the caller's transaction. A report with faults means that the
/// caller must roll back.
///
/// # Errors
/// A database fault, or a row of the database that this version cannot read.
pub async fn import(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    text: &str,
) -> anyhow::Result<Report> {
    let (header, lines) = match read(text, COLUMNS, "record") {
        Ok(read) => read,
        Err(row) => {
            return Ok(Report { rows: vec![row], obligations_changed: 0 });
        }
    };
    let mut importer = Importer::new(txn, now);
    // Hubs first, then what refers to them, whatever the order of the rows.
    let mut rows = Vec::with_capacity(lines.len());
    for record in ["hub", "event", "enrolment", "contact"] {
        for line in &lines {
            if kind(&header, line) == record {
                rows.push(importer.row(record, &header, line).await?);
            }
        }
    }
    importer.settle_touched().await?;
    rows.extend(lines.iter().filter_map(|line| unknown_kind(&header, line)));
    rows.sort_by_key(|row| row.line);
    Ok(Report { rows, obligations_changed: importer.obligations_changed })
}

/// Splits the text into header and filled rows. The header names some of these columns, the `first`
/// of them at least.
pub(in crate::commands) fn read(
    text: &str,
    columns: &[&str],
    first: &str,
) -> Result<(StringRecord, Vec<Line>), RowReport> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header =
        reader.headers().map_err(|error| faulty(1, "file", first, error.to_string()))?.clone();
    if !header.iter().any(|name| name == first) {
        let problem = format!("The first line must name the columns, one of them \"{first}\".");
        return Err(faulty(1, "header", first, problem));
    }
    for (index, name) in header.iter().enumerate() {
        if !name.is_empty() && !columns.contains(&name) {
            let problem = format!("There is no such column. There are: {}.", columns.join(", "));
            return Err(faulty(1, "header", name, problem));
        }
        if !name.is_empty() && header.iter().take(index).any(|other| other == name) {
            let problem = "The column is there twice.".to_owned();
            return Err(faulty(1, "header", name, problem));
        }
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            faulty(line, "row", first, error.to_string())
        })?;
        let number = record.position().map_or(0, csv::Position::line);
        if record.iter().any(|cell| !cell.is_empty()) {
            lines.push(Line { number, record });
        }
    }
    if lines.is_empty() {
        let problem = "There are no rows under the header.".to_owned();
        return Err(faulty(1, "file", first, problem));
    }
    Ok((header, lines))
}

fn faulty(line: u64, what: &str, column: &str, problem: String) -> RowReport {
    RowReport {
        line,
        what: what.to_owned(),
        outcome: Outcome::Faulty(vec![Fault { column: column.to_owned(), problem }]),
        warnings: Vec::new(),
    }
}

fn kind<'a>(header: &StringRecord, line: &'a Line) -> &'a str {
    let index = header.iter().position(|name| name == "record");
    index.and_then(|index| line.record.get(index)).unwrap_or("")
}

fn unknown_kind(header: &StringRecord, line: &Line) -> Option<RowReport> {
    let kind = kind(header, line);
    let known = ["hub", "event", "enrolment", "contact"].contains(&kind);
    let problem = format!("\"{kind}\" is none of: hub, event, enrolment, contact.");
    (!known).then(|| faulty(line.number, "row", "record", problem))
}
