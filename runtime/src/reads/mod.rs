//! Reading for the graph: statements in, rows out, all of a request in one snapshot. It goes past
//! sqlx to the drivers themselves, which send several statements at once on PostgreSQL and need no
//! change of thread for each row on SQLite (docs/decisions/0018). Nothing is written here.

mod address;
mod bound;
mod postgres;
mod row;
mod secure;
mod sqlite;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sea_orm::{DbBackend, DbErr, RuntimeErr, Value};
use tracing::{Instrument as _, Span};
use uuid::Uuid;

pub use row::{Row, Rows};

use crate::config::DatabaseConfig;

/// Connections to read from.
#[derive(Clone)]
pub struct Reads(Pool);

#[derive(Clone)]
enum Pool {
    Postgres(Arc<postgres::Pool>),
    Sqlite(Arc<sqlite::Pool>),
}

impl std::fmt::Debug for Reads {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Reads").field(&self.backend()).finish()
    }
}

/// One statement with its values.
#[derive(Clone, Debug)]
pub struct Ask {
    /// SQL, the same for as many asks as can be: it is kept prepared.
    pub text: Arc<str>,
    /// What is bound, in order.
    pub values: Vec<Bind>,
}

/// What is bound to a place in a statement.
#[derive(Clone)]
pub enum Bind {
    /// A value.
    Value(Value),
    /// A list of ids, on PostgreSQL.
    Ids(Vec<Uuid>),
}

impl std::fmt::Debug for Bind {
    /// Nothing of what is bound: it may be anyone's name or address.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Value(_) => "Value(..)",
            Self::Ids(_) => "Ids(..)",
        })
    }
}

/// Why rows were not read.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// There are more rows than were wanted at most.
    #[error("too many rows")]
    TooMany,
}

/// A view of the database that stays the same from the first statement to the last.
pub struct Snapshot(View);

enum View {
    Postgres(postgres::View),
    Sqlite(sqlite::View),
}

impl Reads {
    /// Connections to PostgreSQL.
    ///
    /// # Errors
    /// An address that cannot be parsed or served.
    pub(crate) fn postgres(config: &DatabaseConfig) -> Result<Self, DbErr> {
        Ok(Self(Pool::Postgres(Arc::new(postgres::Pool::new(config)?))))
    }

    /// So many readers of a file.
    pub(crate) fn sqlite(file: &Path, readers: usize) -> Self {
        Self(Pool::Sqlite(Arc::new(sqlite::Pool::new(file, readers))))
    }

    /// The file that the address of a SQLite database names.
    ///
    /// # Errors
    /// No file, or anything asked of it that cannot be done.
    pub fn file(url: &str) -> Result<PathBuf, DbErr> {
        sqlite::file(url)
    }

    /// Asks for a sign of life on a connection to read from.
    ///
    /// # Errors
    /// It gave none.
    pub(crate) async fn ping(&self) -> Result<(), DbErr> {
        let ask = Ask { text: Arc::from("SELECT 1"), values: Vec::new() };
        match self.snapshot().await?.ask(vec![ask], 1, true).await {
            Err(Stopped::Database(error)) => Err(error),
            Ok(_) | Err(Stopped::TooMany) => Ok(()),
        }
    }

    /// SQLite or PostgreSQL.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        match self.0 {
            Pool::Postgres(_) => DbBackend::Postgres,
            Pool::Sqlite(_) => DbBackend::Sqlite,
        }
    }

    /// How many more requests could read at once.
    pub(crate) fn free(&self) -> usize {
        match &self.0 {
            Pool::Postgres(pool) => pool.free(),
            Pool::Sqlite(pool) => pool.free(),
        }
    }

    /// Lets nobody read any more, and keeps no connection.
    pub(crate) fn close(&self) {
        match &self.0 {
            Pool::Postgres(pool) => pool.close(),
            Pool::Sqlite(pool) => pool.close(),
        }
    }

    /// A snapshot, taken with the first statement.
    ///
    /// # Errors
    /// No connection in time.
    pub async fn snapshot(&self) -> Result<Snapshot, DbErr> {
        Ok(Snapshot(match &self.0 {
            Pool::Postgres(pool) => View::Postgres(pool.view().await?),
            Pool::Sqlite(pool) => View::Sqlite(pool.view().await?),
        }))
    }
}

impl Reads {
    /// Does what reads in a snapshot of its own. On SQLite all of it runs on one thread that may
    /// wait, so that it must not wait for anything else; it stops when nobody waits for it.
    ///
    /// # Errors
    /// No connection in time.
    pub async fn within<T, F>(
        &self,
        read: impl FnOnce(Snapshot) -> F + Send + 'static,
    ) -> Result<T, DbErr>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let mut snapshot = self.snapshot().await?;
        let View::Sqlite(view) = &mut snapshot.0 else {
            return Ok(read(snapshot).await);
        };
        let _leaving = view.stay();
        let span = Span::current();
        let reading = move || span.in_scope(|| futures::executor::block_on(read(snapshot)));
        tokio::task::spawn_blocking(reading).await.map_err(fault)
    }
}

impl Snapshot {
    /// SQLite or PostgreSQL.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        match self.0 {
            View::Postgres(_) => DbBackend::Postgres,
            View::Sqlite(_) => DbBackend::Sqlite,
        }
    }

    /// Runs statements together, for at most so many rows in all. With `last`, nothing will be asked
    /// after them.
    ///
    /// # Errors
    /// A database fault, or more rows than that.
    pub async fn ask(
        &mut self,
        asks: Vec<Ask>,
        most: usize,
        last: bool,
    ) -> Result<Vec<Rows>, Stopped> {
        let span = tracing::debug_span!("statements", count = asks.len());
        let asking = async {
            match &mut self.0 {
                View::Postgres(view) => view.ask(&asks, most, last).await,
                View::Sqlite(view) => view.ask(asks, most).await,
            }
        };
        asking.instrument(span).await
    }
}

/// A driver's error as everyone else's.
fn fault(error: impl std::fmt::Display) -> DbErr {
    DbErr::Query(RuntimeErr::Internal(error.to_string()))
}
