//! Opening the database: one SQLite file with one writer and a few readers, or PostgreSQL.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait as _, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use crate::config::DatabaseConfig;
use crate::reads::Reads;

/// How long a SQLite writer waits for another process's transaction.
const SQLITE_BUSY: Duration = Duration::from_secs(30);
/// Two readers serve two cores better than eight.
const SQLITE_READERS: u32 = 2;
/// Rows that SQLite's thread reads ahead of whoever asked: each wait between the two costs more than
/// many rows.
const SQLITE_ROWS: usize = 1000;
/// Statements kept prepared on each connection.
const STATEMENT_CACHE: usize = 200;
/// What PostgreSQL bears with from a process that froze or went away in the middle of a transaction:
/// its locks, the one of [`Database::write_facts`] among them, are free again within a minute or two.
const BOUNDS: [(&str, &str); 6] = [
    ("idle_in_transaction_session_timeout", "60s"),
    ("lock_timeout", "120s"),
    ("tcp_keepalives_idle", "60"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "60s"),
];

/// The database, as a pool for reading and a pool for writing; on PostgreSQL they are one.
#[derive(Clone, Debug)]
pub struct Database {
    read: DatabaseConnection,
    write: DatabaseConnection,
    reads: Reads,
}

/// What the connections of a process are doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Open ones of the pool that writes.
    pub open: u32,
    /// Of these, idle ones.
    pub idle: u32,
    /// Requests that could begin to read the graph without having to wait.
    pub reads_free: u32,
}

impl Database {
    /// Connects; makes the SQLite file and its folder when absent.
    ///
    /// # Errors
    /// An address that cannot be parsed, or a database that does not answer.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, DbErr> {
        if config.url.starts_with("sqlite:") {
            return open_sqlite(config, SqliteSynchronous::Full).await;
        }
        // First: what is wrong with the address is told by name.
        let reads = Reads::postgres(config)?;
        let mut options = ConnectOptions::new(&config.url);
        options
            .max_connections(config.max_connections)
            .acquire_timeout(Duration::from_secs(10))
            .test_before_acquire(false)
            .sqlx_logging(false)
            .map_sqlx_postgres_opts(|options| {
                bounded(options).statement_cache_capacity(STATEMENT_CACHE)
            });
        let pool = sea_orm::Database::connect(options).await?;
        reads.ping().await?;
        Ok(Self { read: pool.clone(), write: pool, reads })
    }

    /// As [`Database::open`], but makes no file: whoever only looks, or works on what is there, is
    /// told of a path with a slip in it.
    ///
    /// # Errors
    /// A SQLite file that is not there, and as [`Database::open`].
    pub async fn open_existing(config: &DatabaseConfig) -> Result<Self, DbErr> {
        if let Some(file) = absent(config)? {
            return Err(DbErr::Custom(format!(
                "there is no database at {}: mend the path, or start `api serve` first",
                file.display()
            )));
        }
        Self::open(config).await
    }

    /// Opens a SQLite file that nobody misses after a crash, so that no write waits for the disk.
    ///
    /// # Errors
    /// A file that cannot be made, or is no database.
    pub async fn scratch(file: &Path) -> Result<Self, DbErr> {
        let file = file.display().to_string().replace('%', "%25").replace('?', "%3F");
        let config = DatabaseConfig { url: format!("sqlite://{file}"), max_connections: 1 };
        open_sqlite(&config, SqliteSynchronous::Off).await
    }

    /// SQLite or PostgreSQL.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    /// The pool to read from outside a transaction.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.read
    }

    /// What its connections are doing now.
    #[must_use]
    pub fn connections(&self) -> Connections {
        let (open, idle) = if self.backend() == DbBackend::Sqlite {
            let pool = self.write.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle())
        } else {
            let pool = self.write.get_postgres_connection_pool();
            (pool.size(), pool.num_idle())
        };
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Connections { open, idle: count(idle), reads_free: count(self.reads.free()) }
    }

    /// The connections that the graph is read from.
    #[must_use]
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// The pool that migrations run on. Everything else writes through [`Database::write`].
    #[must_use]
    pub fn migrator(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Begins a transaction that writes. On SQLite it takes the write lock at once, so that it
    /// cannot fail half-way for another writer.
    ///
    /// # Errors
    /// No connection, or no lock in time.
    pub async fn write(&self) -> Result<DatabaseTransaction, DbErr> {
        let sqlite_transaction_mode =
            (self.backend() == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
        let options =
            TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() };
        self.write.begin_with_options(options).await
    }

    /// Begins a transaction that writes what obligations, alerts and reminders follow from: one at a
    /// time, over all processes, on PostgreSQL as on SQLite. Such a transaction reads many rows and
    /// writes what follows from them; two at once would wait for each other's rows in turn, or decide
    /// by what the other is changing. What concerns only its own rows, such as the delivery of a
    /// message or a draft of answers, goes beside it through [`Database::write`].
    ///
    /// # Errors
    /// No connection, or no lock in time.
    pub async fn write_facts(&self) -> Result<DatabaseTransaction, DbErr> {
        /// Any number that nobody else locks by.
        const FACTS: i64 = 22_112_026;
        let txn = self.write().await?;
        if self.backend() == DbBackend::Postgres {
            txn.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({FACTS})")).await?;
        }
        Ok(txn)
    }

    /// Begins a read-only transaction in which every statement sees the same rows.
    ///
    /// # Errors
    /// No connection in time.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        if self.backend() == DbBackend::Sqlite {
            return self.read.begin().await;
        }
        self.read
            .begin_with_config(Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly))
            .await
    }

    /// Closes all connections; nothing can be read or written any more.
    ///
    /// # Errors
    /// A connection does not close.
    pub async fn close(&self) -> Result<(), DbErr> {
        self.reads.close();
        self.read.clone().close().await?;
        self.write.clone().close().await
    }

    /// Asks the database for a sign of life, on either way to it.
    ///
    /// # Errors
    /// It gave none.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.read.ping().await?;
        self.reads.ping().await
    }
}

/// The SQLite file that an address names, if it is not there.
///
/// # Errors
/// An address that cannot be parsed.
pub fn absent(config: &DatabaseConfig) -> Result<Option<PathBuf>, DbErr> {
    if !config.url.starts_with("sqlite:") {
        return Ok(None);
    }
    let file = Reads::file(&config.url)?;
    Ok((!file.exists()).then_some(file))
}

/// The options with [`BOUNDS`]; what the address itself says of them holds.
fn bounded(options: PgConnectOptions) -> PgConnectOptions {
    let given = options.get_options().unwrap_or_default().to_owned();
    options.options(BOUNDS.iter().filter(|(name, _)| !given.contains(name)).copied())
}

async fn open_sqlite(
    config: &DatabaseConfig,
    synchronous: SqliteSynchronous,
) -> Result<Database, DbErr> {
    let file = Reads::file(&config.url)?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| {
            DbErr::Custom(format!("the folder of {} cannot be made: {error}", file.display()))
        })?;
    }
    let pool = |readers: Option<u32>| {
        let mut options = ConnectOptions::new(&config.url);
        options
            .max_connections(readers.unwrap_or(1))
            .acquire_timeout(SQLITE_BUSY)
            .test_before_acquire(false)
            .sqlx_logging(false)
            .map_sqlx_sqlite_opts(move |options| {
                options
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(synchronous)
                    .foreign_keys(true)
                    .busy_timeout(SQLITE_BUSY)
                    .row_buffer_size(SQLITE_ROWS)
                    .statement_cache_capacity(STATEMENT_CACHE)
                    .pragma("query_only", if readers.is_some() { "ON" } else { "OFF" })
            });
        sea_orm::Database::connect(options)
    };
    let write = pool(None).await?;
    let reads = Reads::sqlite(&file, SQLITE_READERS as usize);
    reads.ping().await?;
    Ok(Database { read: pool(Some(SQLITE_READERS)).await?, write, reads })
}
