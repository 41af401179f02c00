//! Running a plan's statements, all in one snapshot.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::pin::Pin;

use entity::scope::Scope;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult};
use serde_json::Value as Json;
use uuid::Uuid;

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

/// Fetches for one request, all in one snapshot and one scope.
pub struct Fetcher<'a> {
    txn: &'a DatabaseTransaction,
    scope: &'a Scope,
    rows: usize,
}

/// The rows of a level and of those that hang on it.
#[derive(Debug, Default)]
pub struct Fetched {
    /// All rows, those of one parent together and in order.
    pub rows: Vec<QueryResult>,
    /// Which rows are whose; everybody's are the nil id's.
    pub of_parent: HashMap<Uuid, Range<usize>>,
    /// How many rows there are in all, of each parent that has any.
    pub totals: HashMap<Uuid, i64>,
    /// What hangs on the rows.
    pub children: Vec<Fetched>,
}

type Fetching<'f> = Pin<Box<dyn Future<Output = Result<Fetched, Stopped>> + Send + 'f>>;

impl<'a> Fetcher<'a> {
    /// A fetcher in this snapshot.
    #[must_use]
    pub fn new(txn: &'a DatabaseTransaction, scope: &'a Scope) -> Self {
        Self { txn, scope, rows: 0 }
    }

    /// Fetches a level, of these parents if it names parents, and everything below it.
    pub fn fetch<'f>(&'f mut self, level: &'f Level, parents: Vec<Uuid>) -> Fetching<'f> {
        Box::pin(async move {
            let mut fetched = Fetched::default();
            let page = level.page.as_ref();
            let at_once = page.map_or(PARENTS_AT_ONCE, |page| {
                (ROWS_AT_ONCE / page.limit.max(1)).min(PARENTS_AT_ONCE)
            });
            let chunks: Vec<&[Uuid]> = match level.link {
                None => vec![&[]],
                Some(_) => parents.chunks(at_once).collect(),
            };
            for chunk in chunks {
                if page.is_none_or(|page| page.wants.rows) {
                    let rows = self.all(&sql::rows(level, chunk, self.scope)).await?;
                    self.rows += rows.len();
                    if self.rows > MAX_ROWS {
                        return Err(Stopped::TooMany);
                    }
                    fetched.add(level, rows)?;
                }
                if page.is_some_and(|page| page.wants.total) {
                    for row in self.all(&sql::total(level, chunk, self.scope)).await? {
                        let parent = match level.link {
                            Some(_) => row.try_get_by_index(1)?,
                            None => Uuid::nil(),
                        };
                        fetched.totals.insert(parent, row.try_get_by_index(0)?);
                    }
                }
            }
            for child in &level.children {
                let parents = named(&fetched.rows, child.key)?;
                let below = self.fetch(&child.level, parents).await?;
                fetched.children.push(below);
            }
            Ok(fetched)
        })
    }

    async fn all(&self, select: &SelectStatement) -> Result<Vec<QueryResult>, DbErr> {
        let statement = sql::statement(select, self.txn.get_database_backend());
        self.txn.query_all_raw(statement).await
    }
}

impl Fetched {
    fn add(&mut self, level: &Level, rows: Vec<QueryResult>) -> Result<(), DbErr> {
        let parent_at = level.columns.len().max(1);
        for row in rows {
            let parent = match level.link {
                Some(_) => row.try_get_by_index(parent_at)?,
                None => Uuid::nil(),
            };
            let at = self.rows.len();
            self.of_parent.entry(parent).or_insert(at..at).end = at + 1;
            self.rows.push(row);
        }
        Ok(())
    }

    /// The rows of a parent, in the order of the statement.
    #[must_use]
    pub fn rows_of(&self, parent: Uuid) -> &[QueryResult] {
        self.of_parent
            .get(&parent)
            .and_then(|range| self.rows.get(range.clone()))
            .unwrap_or_default()
    }
}

/// The parents that rows name, each once.
fn named(rows: &[QueryResult], key: Key) -> Result<Vec<Uuid>, DbErr> {
    let mut parents = BTreeSet::new();
    for row in rows {
        match key {
            Key::Column(at) => parents.extend(row.try_get_by_index::<Option<Uuid>>(at)?),
            Key::Json(at, name) => {
                let list: Option<Json> = row.try_get_by_index(at)?;
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
