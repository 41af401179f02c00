//! A copy of everything, to try things out on without touching the original.
//!
//! What there is to copy is asked of the database itself, so that a new table is copied without a
//! word here, and a new kind of column is refused instead of being lost.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sea_orm::sea_query::{Alias, Expr, Query, SelectStatement, UnionType};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExprTrait as _, QueryResult, Statement,
    TryGetable, Value,
};
use uuid::Uuid;

/// The table in which the migrations keep what ran: it belongs to each database alone.
const OF_THE_MIGRATIONS: &str = "seaql_migrations";
/// Rows fetched at a time.
const AT_ONCE: usize = 500;
/// Values bound at a time: below SQLite's limit.
const BOUND_AT_ONCE: usize = 30_000;

/// A column as the catalogue of its database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// Its type, in the words of the database.
    pub data_type: String,
}

/// Every column of every table, table by table, in their order.
///
/// # Errors
/// The database fails.
pub async fn columns(db: &impl ConnectionTrait) -> Result<Vec<Column>, DbErr> {
    let backend = db.get_database_backend();
    let catalogue = match backend {
        DbBackend::Sqlite => {
            "SELECT t.name, c.name, lower(c.type) FROM sqlite_master t, pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid"
        }
        _ => {
            "SELECT c.table_name::text, c.column_name::text, c.data_type::text
             FROM information_schema.columns c
             JOIN information_schema.tables t USING (table_schema, table_name)
             WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'
             ORDER BY c.table_name COLLATE \"C\", c.ordinal_position"
        }
    };
    let rows = db.query_all_raw(Statement::from_string(backend, catalogue)).await?;
    let columns = rows.iter().map(|row| {
        Ok(Column {
            table: row.try_get_by_index(0)?,
            name: row.try_get_by_index(1)?,
            data_type: row.try_get_by_index(2)?,
        })
    });
    let mut columns = columns.collect::<Result<Vec<_>, DbErr>>()?;
    columns.retain(|column| column.table != OF_THE_MIGRATIONS);
    Ok(columns)
}

/// The names of the migrations that made this database; none where none ever ran.
///
/// # Errors
/// The database fails.
pub async fn migrations(db: &impl ConnectionTrait) -> Result<BTreeSet<String>, DbErr> {
    let backend = db.get_database_backend();
    let is_there = match backend {
        DbBackend::Sqlite => format!(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name = '{OF_THE_MIGRATIONS}'"
        ),
        _ => format!(
            "SELECT table_name::text FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_name = '{OF_THE_MIGRATIONS}'"
        ),
    };
    if db.query_one_raw(Statement::from_string(backend, is_there)).await?.is_none() {
        return Ok(BTreeSet::new());
    }
    let versions = format!("SELECT version FROM {OF_THE_MIGRATIONS}");
    let rows = db.query_all_raw(Statement::from_string(backend, versions)).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Every moment that is written down anywhere in those of `columns` that hold one, after `after`
/// and up to `until`.
///
/// # Errors
/// The database fails.
pub async fn moments(
    db: &impl ConnectionTrait,
    columns: &[Column],
    after: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<BTreeSet<DateTime<Utc>>, DbErr> {
    let mut selects = columns.iter().map(|Column { table, name, .. }| {
        let column = || Expr::col(Alias::new(name));
        Query::select()
            .expr(column())
            .from(Alias::new(table))
            .and_where(column().gt(after))
            .and_where(column().lte(until))
            .to_owned()
    });
    let Some(first) = selects.next() else { return Ok(BTreeSet::new()) };
    let all = selects.fold(first, |mut all: SelectStatement, select| {
        all.union(UnionType::Distinct, select);
        all
    });
    let rows = db.query_all(&all).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Whether a column holds a moment.
#[must_use]
pub fn holds_a_moment(column: &Column) -> bool {
    ["timestamp_with_timezone_text", "timestamp with time zone"]
        .contains(&column.data_type.as_str())
}

/// Writes a SQLite database, as it stands at one moment, into a file that is not there yet.
///
/// # Errors
/// The file cannot be written, or a database fault.
pub async fn write_sqlite(db: &impl ConnectionTrait, file: &Path) -> Result<(), DbErr> {
    let file = file.display().to_string();
    let copy = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [file.into()]);
    db.execute_raw(copy).await?;
    Ok(())
}

/// Copies every row that `from`, a transaction on PostgreSQL that sees one moment, can see into the
/// same tables of `to`, a SQLite database as the migrations leave it, and returns how many there
/// were. What the migrations seeded gives way to the rows of `from`.
///
/// # Errors
/// A column of a kind that is not known here, tables that differ, or a database fault.
pub async fn copy(from: &DatabaseTransaction, to: &DatabaseTransaction) -> Result<usize, DbErr> {
    let mut tables: BTreeMap<String, Vec<(String, Read)>> = BTreeMap::new();
    for Column { table, name, data_type } in columns(from).await? {
        let read = reader(&data_type).ok_or_else(|| {
            DbErr::Custom(format!("{table}.{name} is a {data_type}, which cannot be copied"))
        })?;
        tables.entry(table).or_default().push((name, read));
    }
    // A row may come before one that it refers to; all are there in the end.
    to.execute_unprepared("PRAGMA defer_foreign_keys = ON").await?;
    for table in tables.keys() {
        to.execute(Query::delete().from_table(Alias::new(table))).await?;
    }
    let mut count = 0;
    for (table, columns) in &tables {
        count += copy_table(from, to, table, columns).await?;
    }
    Ok(count)
}

async fn copy_table(
    from: &DatabaseTransaction,
    to: &DatabaseTransaction,
    table: &str,
    columns: &[(String, Read)],
) -> Result<usize, DbErr> {
    let names: Vec<String> = columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let select = names.join(", ");
    // Named after its table: a prepared FETCH remembers the columns it brought the first time.
    let cursor = format!("\"copy_of_{table}\"");
    let declare = format!("DECLARE {cursor} CURSOR FOR SELECT {select} FROM \"{table}\"");
    from.execute_unprepared(&declare).await?;
    let mut count = 0;
    loop {
        let fetch = format!("FETCH {AT_ONCE} FROM {cursor}");
        let rows = from.query_all_raw(Statement::from_string(DbBackend::Postgres, fetch)).await?;
        if rows.is_empty() {
            break;
        }
        count += rows.len();
        for rows in rows.chunks(BOUND_AT_ONCE / columns.len().max(1)) {
            let mut insert = Query::insert();
            insert
                .into_table(Alias::new(table))
                .columns(columns.iter().map(|(name, _)| Alias::new(name)));
            for row in rows {
                let values = columns.iter().enumerate();
                let values: Vec<Expr> = values
                    .map(|(index, (_, read))| read(row, index).map(Expr::val))
                    .collect::<Result<_, _>>()?;
                insert.values(values).map_err(|error| DbErr::Custom(error.to_string()))?;
            }
            to.execute(&insert).await?;
        }
    }
    from.execute_unprepared(&format!("CLOSE {cursor}")).await?;
    Ok(count)
}

/// Reads one value of a row.
type Read = fn(&QueryResult, usize) -> Result<Value, DbErr>;

/// How values of a type of PostgreSQL are read, so that they are written as the product itself
/// writes them in SQLite.
fn reader(data_type: &str) -> Option<Read> {
    Some(match data_type {
        "uuid" => value::<Uuid>,
        "text" | "character varying" => value::<String>,
        "smallint" => value::<i16>,
        "integer" => value::<i32>,
        "bigint" => value::<i64>,
        "real" => value::<f32>,
        "double precision" => value::<f64>,
        "boolean" => value::<bool>,
        "date" => value::<NaiveDate>,
        "time without time zone" => value::<NaiveTime>,
        "timestamp with time zone" => value::<DateTime<Utc>>,
        "json" | "jsonb" => value::<serde_json::Value>,
        "bytea" => value::<Vec<u8>>,
        _ => return None,
    })
}

fn value<T>(row: &QueryResult, index: usize) -> Result<Value, DbErr>
where
    Option<T>: TryGetable + Into<Value>,
{
    Ok(row.try_get_by_index::<Option<T>>(index)?.into())
}
