//! SQLite: a few connections that only read, used on threads that may wait.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, params_from_iter};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{DbErr, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::row::Table;
use super::{Ask, Bind, Rows, Stopped, fault};

/// How long a request waits for a connection.
const PATIENCE: Duration = Duration::from_secs(30);
/// Statements kept prepared on each connection.
const STATEMENTS: usize = 200;
/// Steps of SQLite's machine after which it looks whether anyone still waits: well under a
/// millisecond.
const STEPS: i32 = 4000;

/// The file that an address names, as sqlx reads it.
///
/// # Errors
/// No file, or anything asked of it that is not done in the same way everywhere.
pub fn file(url: &str) -> Result<PathBuf, DbErr> {
    let wrong = |problem: String| {
        DbErr::Custom(format!("the setting database.url (DATABASE_URL): {problem}"))
    };
    let options = SqliteConnectOptions::from_str(url).map_err(|error| wrong(error.to_string()))?;
    let (path, asked) = url.split_once('?').unwrap_or((url, ""));
    for (name, value) in url::form_urlencoded::parse(asked.as_bytes()) {
        match (&*name, &*value) {
            ("mode", "rw" | "rwc") | ("cache", "private") | ("immutable", "false" | "0") => {}
            _ => return Err(wrong(format!("{name}={value} is not supported"))),
        }
    }
    let file = options.get_filename();
    if file.as_os_str().is_empty() || path.ends_with(":memory:") {
        return Err(wrong("it must name a file".to_owned()));
    }
    Ok(file.to_owned())
}

/// Connections, made when needed.
pub struct Pool {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
}

/// A connection held for one request. It goes with whoever uses it, so that its turn is given back
/// when it is through, and not before.
struct Reader {
    pool: Arc<Pool>,
    connection: Option<Connection>,
    stop: Arc<AtomicBool>,
    _turn: OwnedSemaphorePermit,
}

/// One request's sight of the database.
pub struct View {
    /// Before the reader: what still runs when the request goes is stopped.
    leaving: Leaving,
    reader: Option<Reader>,
    /// Whether the thread it is used on may wait.
    stays: bool,
}

/// Goes when nobody waits for the answer any more, and stops what reads for it.
#[must_use]
pub struct Leaving(Arc<AtomicBool>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Pool {
    pub(super) fn new(file: &Path, readers: usize) -> Self {
        let turns = Arc::new(Semaphore::new(readers));
        Self { file: file.to_owned(), idle: Mutex::default(), turns }
    }

    /// Turns that nobody has.
    pub(super) fn free(&self) -> usize {
        self.turns.available_permits()
    }

    /// Closes what is idle, and everything else when it is done.
    pub(super) fn close(&self) {
        self.turns.close();
        if let Ok(mut idle) = self.idle.lock() {
            idle.clear();
        }
    }

    pub(super) async fn view(self: &Arc<Self>) -> Result<View, DbErr> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| fault("no connection was free in time"))?.map_err(fault)?;
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let connection = match idle {
            Some(connection) => connection,
            None => self.open().map_err(fault)?,
        };
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let asked = move || asked.load(Ordering::Relaxed);
        connection.progress_handler(STEPS, Some(asked)).map_err(fault)?;
        let leaving = Leaving(Arc::clone(&stop));
        let pool = Arc::clone(self);
        let reader = Reader { pool, connection: Some(connection), stop, _turn: turn };
        Ok(View { leaving, reader: Some(reader), stays: false })
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

    fn put(&self, connection: Connection) {
        if let Ok(mut idle) = self.idle.lock()
            && !self.turns.is_closed()
        {
            idle.push(connection);
        }
    }
}

impl View {
    /// It is used on a thread that may wait, until what is returned goes.
    pub(super) fn stay(&mut self) -> Leaving {
        self.stays = true;
        Leaving(Arc::clone(&self.leaving.0))
    }

    pub(super) async fn ask(&mut self, asks: Vec<Ask>, most: usize) -> Result<Vec<Rows>, Stopped> {
        let Some(reader) = self.reader.take() else {
            return Err(fault("this snapshot is over").into());
        };
        if self.stays {
            let found = reader.all(&asks, most);
            self.reader = Some(reader);
            return found;
        }
        // Given up while it runs, it is stopped, and put back when it is through.
        let asking = tokio::task::spawn_blocking(move || {
            let found = reader.all(&asks, most);
            (reader, found)
        });
        let (reader, found) = asking.await.map_err(fault)?;
        self.reader = Some(reader);
        found
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        // It must not stop whoever reads next.
        let commit = || connection.prepare_cached("COMMIT")?.execute([]);
        if connection.progress_handler(0, None::<fn() -> bool>).is_err()
            || (!connection.is_autocommit() && commit().is_err())
        {
            return;
        }
        self.pool.put(connection);
    }
}

impl Reader {
    fn all(&self, asks: &[Ask], most: usize) -> Result<Vec<Rows>, Stopped> {
        let connection = self.connection.as_ref().ok_or_else(|| fault("this snapshot is over"))?;
        if connection.is_autocommit() {
            connection
                .prepare_cached("BEGIN")
                .and_then(|mut begin| begin.execute([]))
                .map_err(fault)?;
        }
        let mut found = Vec::with_capacity(asks.len());
        let mut left = most;
        for ask in asks {
            // One that takes less than so many steps does not look.
            if self.stop.load(Ordering::Relaxed) {
                return Err(fault("nobody waits for the answer any more").into());
            }
            let table = one(connection, ask, left).map_err(fault)?.ok_or(Stopped::TooMany)?;
            left -= table.len();
            found.push(Rows::sqlite(table));
        }
        Ok(found)
    }
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
            _ => {
                let problem = "a value of another kind cannot be bound here";
                return Err(rusqlite::Error::ToSqlConversionFailure(problem.into()));
            }
        })
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on must fail")]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_the_file_that_sqlx_opens() {
        for (url, expected) in [
            ("sqlite:///data/hubs.db", "/data/hubs.db"),
            ("sqlite://data/50%25%20of%3Fit.db?mode=rwc&cache=private", "data/50% of?it.db"),
            ("sqlite://hubs.db?immutable=false&mode=rw", "hubs.db"),
        ] {
            assert_eq!(file(url).expect("a file"), Path::new(expected), "{url}");
        }
    }

    #[test]
    fn what_only_sqlx_would_do_is_refused_and_named() {
        for (url, named) in [
            ("sqlite://hubs.db?mode=ro", "mode=ro"),
            ("sqlite://hubs.db?mode=memory", "mode=memory"),
            ("sqlite://hubs.db?cache=shared", "cache=shared"),
            ("sqlite://hubs.db?immutable=1", "immutable=1"),
            ("sqlite://hubs.db?vfs=demo", "vfs=demo"),
            ("sqlite://hubs.db?other=demo", "other"),
            ("sqlite://:memory:", "a file"),
            ("sqlite://", "a file"),
        ] {
            let error = file(url).expect_err(url).to_string();
            assert!(error.contains("database.url") && error.contains(named), "{url}: {error}");
        }
    }
}
