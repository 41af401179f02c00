//! Running a plan's statements, all in one snapshot: level by level, those of one level together.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use runtime::reads::{Row, Rows, Snapshot};
use sea_orm::DbErr;
use serde_json::Value as Json;
use uuid::Uuid;

use super::marks::Meaning;
use super::plan::{Key, Level};
use super::sql;

/// Parents named in one statement; more take several.
const PARENTS_AT_ONCE: usize = 5_000;
/// Rows one statement may answer, full lists assumed; more take several.
const ROWS_AT_ONCE: usize = 50_000;
/// Most rows read for one request.
const MAX_ROWS: usize = 100_000;

/// Why a request was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// It came to too many rows.
    #[error("this comes to more than {MAX_ROWS} rows: give smaller values of \"first\" or filters")]
    TooMany,
}

impl From<runtime::reads::Stopped> for Stopped {
    fn from(stopped: runtime::reads::Stopped) -> Self {
        match stopped {
            runtime::reads::Stopped::Database(error) => Self::Database(error),
            runtime::reads::Stopped::TooMany => Self::TooMany,
        }
    }
}

/// The rows of a level and of those that hang on it.
#[derive(Debug, Default)]
pub struct Fetched {
    /// All rows, those of one parent together and in order.
    parts: Vec<Rows>,
    /// Which rows are whose; everybody's are the nil id's.
    of_parent: HashMap<Uuid, (usize, Range<usize>)>,
    /// How many rows there are in all, of each parent that has any.
    pub totals: HashMap<Uuid, i64>,
    /// What hangs on the rows.
    pub children: Vec<Fetched>,
}

/// A level whose turn has come, of these parents.
struct Due<'p> {
    at: usize,
    level: &'p Level,
    parents: Vec<Uuid>,
}

/// Fetches levels, each of these parents if it names parents, and everything below them. Nothing is
/// asked of the snapshot after that.
///
/// # Errors
/// A database fault, or more rows than one request may read.
pub async fn fetch(
    snapshot: &mut Snapshot,
    meaning: &Meaning<'_>,
    wanted: Vec<(&Level, Vec<Uuid>)>,
) -> Result<Vec<Fetched>, Stopped> {
    // Every fetch with the number of the one it hangs on, which comes before it.
    let mut all: Vec<(Option<usize>, Fetched)> = Vec::new();
    let mut wave = Vec::new();
    for (level, parents) in wanted {
        wave.push(Due { at: all.len(), level, parents });
        all.push((None, Fetched::default()));
    }
    let mut left = MAX_ROWS;
    while !wave.is_empty() {
        left -= together(snapshot, meaning, &wave, &mut all, left).await?;
        let mut next = Vec::new();
        for due in wave {
            for child in &due.level.children {
                let parents = named(&all[due.at].1.parts, child.key)?;
                next.push(Due { at: all.len(), level: &child.level, parents });
                all.push((Some(due.at), Fetched::default()));
            }
        }
        wave = next;
    }
    let mut roots = Vec::new();
    while let Some((above, mut fetched)) = all.pop() {
        fetched.children.reverse();
        match above {
            Some(above) => all[above].1.children.push(fetched),
            None => roots.push(fetched),
        }
    }
    roots.reverse();
    Ok(roots)
}

/// Fetches levels of the same depth, and says how many rows they had.
async fn together(
    snapshot: &mut Snapshot,
    meaning: &Meaning<'_>,
    wave: &[Due<'_>],
    all: &mut [(Option<usize>, Fetched)],
    most: usize,
) -> Result<usize, Stopped> {
    let backend = snapshot.backend();
    let mut asks = Vec::new();
    let mut whose = Vec::new();
    for (number, due) in wave.iter().enumerate() {
        let page = due.level.page.as_ref();
        let at_once = page.map_or(PARENTS_AT_ONCE, |page| {
            (ROWS_AT_ONCE / page.limit.max(1)).min(PARENTS_AT_ONCE)
        });
        let chunks: Vec<&[Uuid]> = match due.level.link {
            None => vec![&[]],
            Some(_) => due.parents.chunks(at_once).collect(),
        };
        for chunk in chunks {
            for total in [false, true] {
                let wanted = page
                    .map_or(!total, |page| if total { page.wants.total } else { page.wants.rows });
                if wanted {
                    asks.push(sql::ask(due.level, total, chunk, meaning, backend));
                    whose.push((number, total));
                }
            }
        }
    }
    if asks.is_empty() {
        return Ok(0);
    }
    let last = wave.iter().all(|due| due.level.children.is_empty());
    let mut count = 0;
    for ((number, total), rows) in whose.into_iter().zip(snapshot.ask(asks, most, last).await?) {
        let due = &wave[number];
        let fetched = &mut all[due.at].1;
        count += rows.len();
        if total {
            fetched.count(due.level, &rows)?;
        } else {
            fetched.add(due.level, rows)?;
        }
    }
    Ok(count)
}

impl Fetched {
    /// No rows but those that hang on something else.
    pub(super) fn around(children: Vec<Self>) -> Self {
        Self { children, ..Self::default() }
    }

    fn add(&mut self, level: &Level, rows: Rows) -> Result<(), DbErr> {
        let part = self.parts.len();
        if level.link.is_none() {
            self.of_parent.insert(Uuid::nil(), (part, 0..rows.len()));
        } else {
            let parent_at = level.columns.len().max(1);
            let mut from = 0;
            let mut last = None;
            for (at, row) in rows.iter().enumerate() {
                let parent = row.id(parent_at)?;
                if parent != last {
                    if let Some(last) = last {
                        self.of_parent.insert(last, (part, from..at));
                    }
                    (from, last) = (at, parent);
                }
            }
            if let Some(last) = last {
                self.of_parent.insert(last, (part, from..rows.len()));
            }
        }
        self.parts.push(rows);
        Ok(())
    }

    fn count(&mut self, level: &Level, rows: &Rows) -> Result<(), DbErr> {
        for row in rows.iter() {
            let parent = match level.link {
                Some(_) => row.id(1)?.unwrap_or_default(),
                None => Uuid::nil(),
            };
            self.totals.insert(parent, row.whole(0)?.unwrap_or_default());
        }
        Ok(())
    }

    /// The rows of a parent, in the order of the statement.
    pub fn rows_of(&self, parent: Uuid) -> impl Iterator<Item = Row<'_>> {
        let found = self.of_parent.get(&parent);
        let found = found.and_then(|(part, range)| Some((self.parts.get(*part)?, range.clone())));
        found.into_iter().flat_map(|(rows, range)| range.filter_map(|at| rows.get(at)))
    }
}

/// The parents that rows name, each once.
fn named(parts: &[Rows], key: Key) -> Result<Vec<Uuid>, DbErr> {
    let mut parents = BTreeSet::new();
    for row in parts.iter().flat_map(Rows::iter) {
        match key {
            // What is worked out is in no row.
            Key::Told(_) => {}
            Key::Column(at) => parents.extend(row.id(at)?),
            Key::Json(at, name) => {
                let list = row.json(at)?;
                let items = list.as_ref().and_then(Json::as_array).into_iter().flatten();
                parents.extend(items.filter_map(|item| id_under(item, name)));
            }
        }
    }
    Ok(parents.into_iter().collect())
}

/// The id a plain object has under a key.
#[must_use]
pub fn id_under(item: &Json, key: &str) -> Option<Uuid> {
    item.get(key)?.as_str()?.parse().ok()
}
