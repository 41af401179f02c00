//! SQLite: a few connections that only read, used on threads that may wait.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, params_from_iter};
use sea_orm::{DbErr, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::row::Table;
use super::{Ask, Bind, Rows, Stopped, fault};

/// How long a request waits for a connection.
const PATIENCE: Duration = Duration::from_secs(30);
/// Statements kept prepared on each connection.
const STATEMENTS: usize = 200;

/// Connections, made when needed.
pub struct Pool {
    file: String,
    idle: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
}

/// A connection held for one request.
pub struct View {
    pool: Arc<Pool>,
    connection: Option<Connection>,
    /// Whether the thread it is used on may wait.
    stays: bool,
    _turn: OwnedSemaphorePermit,
}

impl Pool {
    pub(super) fn new(file: &str, readers: usize) -> Self {
        let turns = Arc::new(Semaphore::new(readers));
        Self { file: file.to_owned(), idle: Mutex::default(), turns }
    }

    pub(super) fn close(&self) {
        self.turns.close();
    }

    pub(super) async fn view(self: &Arc<Self>) -> Result<View, DbErr> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| fault("no connection was free in time"))?.map_err(fault)?;
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let connection = match idle {
            Some(connection) => connection,
            None => self.open().map_err(fault)?,
        };
        Ok(View { pool: Arc::clone(self), connection: Some(connection), stays: false, _turn: turn })
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        // Not read-only: the first to open a file may have to make its index of the log.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.file, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(connection)
    }
}

impl View {
    /// It is used on a thread that may wait.
    pub(super) fn stay(&mut self) {
        self.stays = true;
    }

    pub(super) async fn ask(&mut self, asks: Vec<Ask>, most: usize) -> Result<Vec<Rows>, Stopped> {
        let Some(connection) = self.connection.take() else {
            return Err(fault("this snapshot is over").into());
        };
        if self.stays {
            let found = all(&connection, &asks, most);
            self.connection = Some(connection);
            return found;
        }
        // Given up while it runs, it is not put back, and closed when it is through.
        let asking = tokio::task::spawn_blocking(move || {
            let found = all(&connection, &asks, most);
            (connection, found)
        });
        let (connection, found) = asking.await.map_err(fault)?;
        self.connection = Some(connection);
        found
    }
}

impl Drop for View {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        if !connection.is_autocommit() && connection.execute_batch("COMMIT").is_err() {
            return;
        }
        if let Ok(mut idle) = self.pool.idle.lock() {
            idle.push(connection);
        }
    }
}

fn all(connection: &Connection, asks: &[Ask], most: usize) -> Result<Vec<Rows>, Stopped> {
    if connection.is_autocommit() {
        connection
            .prepare_cached("BEGIN")
            .and_then(|mut begin| begin.execute([]))
            .map_err(fault)?;
    }
    let mut found = Vec::with_capacity(asks.len());
    let mut left = most;
    for ask in asks {
        let table = one(connection, ask, left).map_err(fault)?.ok_or(Stopped::TooMany)?;
        left -= table.len();
        found.push(Rows::sqlite(table));
    }
    Ok(found)
}

/// The rows of one statement, or none if there are more than that.
fn one(connection: &Connection, ask: &Ask, most: usize) -> rusqlite::Result<Option<Table>> {
    let mut statement = connection.prepare_cached(&ask.text)?;
    let columns = statement.column_count();
    let mut rows = statement.query(params_from_iter(ask.values.iter().map(Bound)))?;
    let mut table = Table::new(columns);
    while let Some(row) = rows.next()? {
        if table.len() == most {
            return Ok(None);
        }
        for at in 0..columns {
            table.push(row.get_ref(at)?);
        }
    }
    Ok(Some(table))
}

/// A value as it is stored: by sqlx, which writes.
struct Bound<'a>(&'a Bind);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let Bind::Value(value) = self.0 else {
            return Err(rusqlite::Error::ToSqlConversionFailure("a list cannot be bound".into()));
        };
        let null = ToSqlOutput::Borrowed(ValueRef::Null);
        Ok(match value {
            Value::Uuid(Some(id)) => ToSqlOutput::Borrowed(ValueRef::Blob(id.as_bytes())),
            Value::String(Some(text)) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Bool(Some(yes)) => ToSqlOutput::from(*yes),
            Value::Int(Some(number)) => ToSqlOutput::from(*number),
            Value::BigInt(Some(number)) => ToSqlOutput::from(*number),
            Value::Double(Some(number)) => ToSqlOutput::from(*number),
            Value::ChronoDate(Some(day)) => ToSqlOutput::from(day.to_string()),
            Value::ChronoDateTimeUtc(Some(moment)) => {
                let text = moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false);
                ToSqlOutput::from(text)
            }
            Value::Uuid(None)
            | Value::String(None)
            | Value::Bool(None)
            | Value::Int(None)
            | Value::BigInt(None)
            | Value::Double(None)
            | Value::ChronoDate(None)
            | Value::ChronoDateTimeUtc(None) => null,
            other => {
                let problem = format!("a value of another kind cannot be bound here: {other:?}");
                return Err(rusqlite::Error::ToSqlConversionFailure(problem.into()));
            }
        })
    }
}
