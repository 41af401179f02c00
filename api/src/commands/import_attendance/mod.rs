//! `api import-attendance`: the register of a CPD session or any other event, all or nothing.

mod lookup;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use csv::StringRecord;
use entity::enrolments::{enrolment, settle_programme};
use entity::events::register::{self, Entry};
use entity::outcome::StoreError;
use entity::programme::event;
use entity::write::Written;
use sea_orm::{DatabaseTransaction, EntityTrait as _};
use uuid::Uuid;

use super::import_programme::report::{Outcome, Report, RowReport};
use super::import_programme::row::Cells;
use super::import_programme::{Line, all_or_nothing, read};
use crate::app::App;

/// Columns a register can have, in any order.
const COLUMNS: &[&str] = &[
    "event",
    "programme",
    "urn",
    "partner",
    "attended",
    "people",
    "senior_leader",
    "recording_watched_on",
];

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file; docs/import-attendance.md describes its columns.
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
    all_or_nothing(app, "import-attendance", &arguments.file, arguments.check, import).await
}

/// What a row says, once all it refers to is found.
struct Told {
    event: Uuid,
    enrolment: Uuid,
    attended: Option<bool>,
    people: Option<i32>,
    senior_leader: Option<bool>,
    watched_on: Option<NaiveDate>,
}

/// Imports the text of a register within the caller's transaction. A report with faults means that
/// the caller must roll back.
///
/// # Errors
/// A database fault, or a row of the database that this version cannot read.
pub async fn import(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    text: &str,
) -> anyhow::Result<Report> {
    let (header, lines) = match read(text, COLUMNS, "event") {
        Ok(read) => read,
        Err(row) => return Ok(Report { rows: vec![row], obligations_changed: 0 }),
    };
    let mut rows = Vec::with_capacity(lines.len());
    let mut seen: BTreeMap<(Uuid, Uuid), u64> = BTreeMap::new();
    for line in &lines {
        let mut cells = Cells::new(&header, &line.record);
        let told = told(txn, &mut cells).await?;
        if let Some(told) = &told {
            let earlier = *seen.entry((told.event, told.enrolment)).or_insert(line.number);
            if earlier != line.number {
                let problem = format!("Line {earlier} speaks of this partner at this event too.");
                cells.fault(partner_column(&header, line), problem);
            }
        }
        rows.push((line, cells, told));
    }
    // Everybody locks enrolments before events.
    let all = || rows.iter().filter_map(|(_, _, told)| told.as_ref());
    let enrolments: BTreeSet<Uuid> = all().map(|told| told.enrolment).collect();
    let events: BTreeSet<Uuid> = all().map(|told| told.event).collect();
    register::lock_for_register(txn, &enrolments, &events).await?;
    let mut report = Report::default();
    let mut touched = BTreeSet::new();
    for (line, mut cells, told) in rows {
        let written = match told {
            Some(told) if cells.faults.is_empty() => {
                write(txn, now, &mut cells, &told, &mut touched).await?
            }
            _ => None,
        };
        let outcome = match written {
            Some(written) if cells.faults.is_empty() => written.into(),
            _ => Outcome::Faulty(std::mem::take(&mut cells.faults)),
        };
        let what = describe(&cells);
        report.rows.push(RowReport { line: line.number, what, outcome, warnings: Vec::new() });
    }
    // With faults everything is rolled back, so there is no use in working out what follows.
    if report.faults() == 0 {
        for programme_id in touched {
            report.obligations_changed += settle_programme(txn, now, programme_id).await?;
        }
    }
    Ok(report)
}

/// Reads a row and finds what it refers to; what cannot be is a fault of its cell.
async fn told(txn: &DatabaseTransaction, cells: &mut Cells<'_>) -> anyhow::Result<Option<Told>> {
    let event = lookup::event(txn, cells).await?;
    let enrolment = match &event {
        Some(event) => lookup::enrolment(txn, cells, event).await?,
        None => None,
    };
    let attended = cells.yes_or_no("attended");
    let people = cells.number("people");
    let senior_leader = cells.yes_or_no("senior_leader");
    let watched_on = cells.optional_day("recording_watched_on");
    if cells.optional("attended").is_none() && cells.optional("recording_watched_on").is_none() {
        let problem = "Say yes or no, or fill in recording_watched_on.";
        cells.fault("attended", problem);
    }
    if attended == Some(false) && watched_on.is_none() {
        if people.is_some_and(|people| people > 0) {
            cells.fault("people", "Nobody attended, so there is nobody to count.");
        }
        if senior_leader == Some(true) {
            cells.fault("senior_leader", "Nobody attended, so no senior leader did.");
        }
    }
    let (Some(event), Some(enrolment)) = (event, enrolment) else { return Ok(None) };
    let (event, enrolment) = (event.id, enrolment.id);
    Ok(Some(Told { event, enrolment, attended, people, senior_leader, watched_on }))
}

/// Writes what a row says down: whether somebody was there, and that the recording was watched.
async fn write(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    cells: &mut Cells<'_>,
    told: &Told,
    touched: &mut BTreeSet<Uuid>,
) -> anyhow::Result<Option<Written>> {
    let event = event::Entity::find_by_id(told.event).one(txn).await?;
    let enrolment = enrolment::Entity::find_by_id(told.enrolment).one(txn).await?;
    let (Some(event), Some(enrolment)) = (event, enrolment) else { return Ok(None) };
    let presence = told.attended.map(|attended| Entry {
        watched_on: None,
        attended,
        people: told.people.filter(|_| attended),
        senior_leader: told.senior_leader.filter(|_| attended),
    });
    let watching = told.watched_on.map(|day| Entry {
        watched_on: Some(day),
        attended: false,
        people: told.people,
        senior_leader: told.senior_leader,
    });
    let mut outcome = None;
    for entry in presence.into_iter().chain(watching) {
        match register::put_entry(txn, now, &event, &enrolment, &entry).await {
            Ok(written) => {
                if written != Written::Unchanged {
                    touched.insert(event.programme_id);
                }
                outcome = Some(match (outcome, written) {
                    (None | Some(Written::Unchanged), written) => written,
                    (Some(earlier), _) => earlier,
                });
            }
            Err(StoreError::Refused(refusal)) => {
                let column = column_of(cells, refusal.field, &entry);
                cells.fault(column, refusal.message);
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(outcome)
}

/// The column behind a field of a refusal.
fn column_of(cells: &Cells<'_>, field: Option<&str>, entry: &Entry) -> &'static str {
    match field {
        Some("people") => "people",
        Some("seniorLeader") => "senior_leader",
        Some("watchedOn") => "recording_watched_on",
        Some("eventId") if entry.watched_on.is_some() => "recording_watched_on",
        Some("enrolmentId") if cells.optional("urn").is_some() => "urn",
        Some("enrolmentId") => "partner",
        _ => "event",
    }
}

fn partner_column(header: &StringRecord, line: &Line) -> &'static str {
    let at = header.iter().position(|name| name == "urn");
    let urn = at.and_then(|at| line.record.get(at)).is_some_and(|cell| !cell.is_empty());
    if urn { "urn" } else { "partner" }
}

/// What a row is about, by keys.
fn describe(cells: &Cells<'_>) -> String {
    let parts = ["event", "urn", "partner"].iter().filter_map(|column| cells.optional(column));
    parts.collect::<Vec<_>>().join(" ")
}
