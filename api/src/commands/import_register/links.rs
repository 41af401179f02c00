//! The links file: which school follows which, as either of them states it.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use csv::ByteRecord;
use entity::id::new_id;
use entity::schools::{school_link, write_links};
use rules::register::establishment::date;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, QuerySelect as _};

use super::ImportError;
use super::report::{Counts, Rejections};
use super::source::Source;

/// The columns; all are needed.
const COLUMNS: [&str; 5] = ["URN", "LinkURN", "LinkName", "LinkType", "LinkEstablishedDate"];

/// One link as stated by `urn`.
struct Link {
    urn: i32,
    other: i32,
    name: String,
    kind: String,
    established_on: Option<NaiveDate>,
}

/// A links file, read and checked.
pub struct LinksFile {
    links: Vec<Link>,
    rows: usize,
    rejections: Rejections,
    /// Of the file's own bytes.
    pub sha256: String,
}

/// Reads the whole file, which is small, before anything is written.
pub fn read(path: &Path) -> Result<LinksFile, ImportError> {
    let mut source = Source::open(path)?;
    let at = COLUMNS.map(|name| source.header.iter().position(|it| it == name));
    let missing: Vec<_> =
        std::iter::zip(COLUMNS, at).filter_map(|(name, at)| at.is_none().then_some(name)).collect();
    if !missing.is_empty() {
        return Err(ImportError::Refused(format!(
            "{}: this is not a links file of the register: its header lacks {}",
            path.display(),
            missing.join(", ")
        )));
    }
    let at = at.map(Option::unwrap_or_default);
    let mut record = ByteRecord::new();
    let mut stated = HashSet::new();
    let mut file = LinksFile {
        links: Vec::new(),
        rows: 0,
        rejections: Rejections::default(),
        sha256: String::new(),
    };
    while let Some(line) = source.next(&mut record)? {
        file.rows += 1;
        let cells = at.map(|at| source.cell(&record, at));
        let link = match line.short {
            Some(width) => Err(format!("it has {width} of {} columns", source.header.len())),
            None => parse(&cells.each_ref().map(|cell| cell.trim())),
        };
        match link {
            Ok(link) if stated.insert((link.urn, link.other, link.kind.clone())) => {
                file.links.push(link);
            }
            Ok(_) => {
                file.rejections.add(line.number, "the same link was in an earlier row".to_owned());
            }
            Err(reason) => file.rejections.add(line.number, reason),
        }
    }
    file.sha256 = source.finish()?;
    Ok(file)
}

fn parse(cells: &[&str; 5]) -> Result<Link, String> {
    let fault =
        |at: usize, problem: &str| format!("{} is \"{}\": {problem}", COLUMNS[at], cells[at]);
    let urn = |at: usize| {
        let urn = cells[at].parse().ok().filter(|urn: &i32| *urn > 0);
        urn.ok_or_else(|| fault(at, "a positive number is needed"))
    };
    for at in [2, 3] {
        if cells[at].contains('\0') {
            return Err(fault(at, "it holds a character that is no text"));
        }
    }
    if cells[3].is_empty() {
        return Err(fault(3, "a type is needed"));
    }
    Ok(Link {
        urn: urn(0)?,
        other: urn(1)?,
        name: cells[2].to_owned(),
        kind: cells[3].to_owned(),
        established_on: date(cells[4]).ok_or_else(|| fault(4, "not a day as dd-mm-yyyy"))?,
    })
}

/// Writes the links that are new or differ. Those not in the file stay: a link the register has
/// taken back can only make a succession doubtful, never choose one.
pub async fn write(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    file: LinksFile,
) -> Result<Counts, DbErr> {
    let mut known = known(txn).await?;
    let before = known.len();
    let mut counts = Counts { rows: file.rows, rejected: file.rejections, ..Counts::default() };
    let mut rows = Vec::new();
    for link in file.links {
        match known.remove(&(link.urn, link.other, link.kind.clone())) {
            None => counts.added += 1,
            Some((name, day)) if name == link.name && day == link.established_on => {
                counts.unchanged += 1;
                continue;
            }
            Some(_) => counts.changed += 1,
        }
        rows.push(school_link::ActiveModel {
            id: Set(new_id(now)),
            urn: Set(link.urn),
            link_urn: Set(link.other),
            link_name: Set(link.name),
            link_type: Set(link.kind),
            established_on: Set(link.established_on),
        });
    }
    counts.absent = before - counts.unchanged - counts.changed;
    write_links(txn, rows).await?;
    Ok(counts)
}

type Known = HashMap<(i32, i32, String), (String, Option<NaiveDate>)>;

async fn known(txn: &DatabaseTransaction) -> Result<Known, DbErr> {
    use school_link::Column;
    let rows: Vec<(i32, i32, String, String, Option<NaiveDate>)> = school_link::Entity::find()
        .select_only()
        .columns([
            Column::Urn,
            Column::LinkUrn,
            Column::LinkType,
            Column::LinkName,
            Column::EstablishedOn,
        ])
        .into_tuple()
        .all(txn)
        .await?;
    let known = rows
        .into_iter()
        .map(|(urn, link_urn, kind, name, day)| ((urn, link_urn, kind), (name, day)));
    Ok(known.collect())
}
