//! PostgreSQL: a few connections, statements prepared once on each and sent without waiting for the
//! answer to the one before.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::{FutureExt as _, join_all, try_join_all};
use futures::{StreamExt as _, pin_mut};
use sea_orm::DbErr;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_postgres::{Client, Config, Statement};

use super::address;
use super::bound::Bound;
use super::secure::Secured;
use super::{Ask, Rows, Stopped, fault};
use crate::config::DatabaseConfig;

/// How long a request waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// Statements kept prepared on each connection; past that all are forgotten and made anew.
const STATEMENTS: usize = 500;
/// A connection that nobody used for so long is not used again: what lies between may have
/// forgotten it.
const STALE: Duration = Duration::from_mins(10);
/// How long a connection that is done may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);
/// How long a statement that nobody waits for is asked to end, more often at first; none runs longer.
const ENDING: Duration = Duration::from_secs(address::LONGEST.as_secs() + 10);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Begins a snapshot that writes nothing, whatever the server or a proxy has for defaults.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Up to so many statements at once are sent in their order.
const IN_ORDER: usize = 16;

/// Connections, made when needed. There are never more than turns: whoever has one takes what is
/// idle before it connects, and gives the turn back only when the server is done.
pub struct Pool {
    config: Config,
    secured: Secured,
    idle: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
}

struct Connection {
    client: Client,
    /// Carries what is said; it ends when the client is gone and the server is done.
    task: JoinHandle<()>,
    statements: HashMap<Arc<str>, Statement>,
    used: Instant,
}

/// A connection held for one request.
pub struct View {
    pool: Arc<Pool>,
    held: Option<(Connection, OwnedSemaphorePermit)>,
    /// Whether a transaction was begun and not ended.
    begun: bool,
    /// Whether answers are under way; given up then, the connection is no good any more.
    busy: bool,
}

impl Pool {
    pub(super) fn new(config: &DatabaseConfig) -> Result<Self, DbErr> {
        let (parsed, secured) = address::parse(&config.url)?;
        let most = usize::try_from(config.max_connections).unwrap_or(1).max(1);
        let turns = Arc::new(Semaphore::new(most));
        Ok(Self { config: parsed, secured, idle: Mutex::default(), turns })
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
        let turn = timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| fault("no connection was free in time"))?.map_err(fault)?;
        let connection = if let Some(connection) = self.take().await {
            connection
        } else {
            let connecting = timeout(PATIENCE, self.secured.connect(&self.config)).await;
            let (client, task) = connecting.map_err(|_| fault("the database did not answer"))??;
            Connection { client, task, statements: HashMap::new(), used: Instant::now() }
        };
        let pool = Arc::clone(self);
        Ok(View { pool, held: Some((connection, turn)), begun: false, busy: false })
    }

    /// The connection that was used last, if it can be used again.
    async fn take(&self) -> Option<Connection> {
        loop {
            let connection = self.idle.lock().ok()?.pop()?;
            if connection.used.elapsed() >= STALE {
                // All others have been idle for longer.
                let mut stale = std::mem::take(&mut *self.idle.lock().ok()?);
                stale.push(connection);
                join_all(stale.into_iter().map(Connection::close)).await;
            } else if !connection.client.is_closed() {
                return Some(connection);
            }
        }
    }

    fn put(&self, mut connection: Connection) {
        connection.used = Instant::now();
        if let Ok(mut idle) = self.idle.lock()
            && !self.turns.is_closed()
        {
            idle.push(connection);
        }
    }

    /// Ends what a request left under way, so that its turn is nobody's before the server is done. A
    /// cancellation ends one statement, and is lost between two: it is asked for again.
    async fn end(self: Arc<Self>, connection: Connection, turn: OwnedSemaphorePermit) {
        let Connection { client, mut task, statements, .. } = connection;
        let token = client.cancel_token();
        drop((client, statements));
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        while began.elapsed() < ENDING {
            // Should it fail, the statement ends by its own limit.
            let _ = timeout(PATIENCE, self.secured.cancel(&token)).await;
            if timeout(pause, &mut task).await.is_ok() {
                break;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        task.abort();
        drop(turn);
    }
}

impl Connection {
    async fn close(self) {
        let Self { client, mut task, statements, .. } = self;
        drop((client, statements));
        if timeout(GOODBYE, &mut task).await.is_err() {
            task.abort();
        }
    }

    async fn prepare(&mut self, text: &Arc<str>) -> Result<(), tokio_postgres::Error> {
        if self.statements.contains_key(text) {
            return Ok(());
        }
        let statement = self.client.prepare(text).await?;
        self.statements.insert(Arc::clone(text), statement);
        Ok(())
    }

    /// Makes room for so many statements. All of a batch stay until it is answered.
    fn make_room(&mut self, many: usize) {
        if self.statements.len() + many > STATEMENTS {
            self.statements.clear();
        }
    }

    /// Asked once, it is sent; whoever has the connection next need not wait for the answer.
    fn commit(&self) {
        let _ = self.client.batch_execute("COMMIT").now_or_never();
    }

    /// The rows of one statement; `left` counts how many more all of a batch may bring.
    async fn rows(&self, ask: &Ask, left: &AtomicUsize) -> Result<Rows, Stopped> {
        let statement = self.statements.get(&ask.text);
        let statement = statement.ok_or_else(|| fault("a statement was not prepared"))?;
        let found = self.client.query_raw(statement, ask.values.iter().map(Bound)).await;
        let found = found.map_err(told)?;
        pin_mut!(found);
        let mut rows = Vec::new();
        while let Some(row) = found.next().await {
            let row = row.map_err(told)?;
            let counted = |left: usize| left.checked_sub(1);
            if left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, counted).is_err() {
                return Err(Stopped::TooMany);
            }
            rows.push(row);
        }
        Ok(Rows::postgres(rows))
    }
}

impl View {
    pub(super) async fn ask(
        &mut self,
        asks: &[Ask],
        most: usize,
        last: bool,
    ) -> Result<Vec<Rows>, Stopped> {
        let Some((connection, _)) = &mut self.held else {
            return Err(fault("this snapshot is over").into());
        };
        self.busy = true;
        connection.make_room(asks.len());
        for ask in asks {
            connection.prepare(&ask.text).await.map_err(told)?;
        }
        let connection = &*connection;
        // One statement alone is a snapshot by itself.
        let begins = !(self.begun || last && asks.len() == 1);
        let begin = async {
            if begins {
                connection.client.batch_execute(BEGIN).await.map_err(told)?;
            }
            Ok::<_, Stopped>(())
        };
        let left = AtomicUsize::new(most);
        let asking = try_join_all(asks.iter().map(|ask| connection.rows(ask, &left)));
        self.begun |= begins;
        let commits = last && self.begun && asks.len() <= IN_ORDER;
        let commit = async {
            if commits {
                connection.commit();
            }
            Ok(())
        };
        // Polled in this order, they are sent in this order.
        let ((), rows, ()) = tokio::try_join!(biased; begin, asking, commit)?;
        self.begun &= !commits;
        self.busy = false;
        Ok(rows)
    }
}

impl Drop for View {
    fn drop(&mut self) {
        let Some((connection, turn)) = self.held.take() else {
            return;
        };
        if self.busy {
            // Without a runtime the process is about to end, and its connections with it.
            if let Ok(runtime) = Handle::try_current() {
                runtime.spawn(Arc::clone(&self.pool).end(connection, turn));
            }
            return;
        }
        if self.begun {
            connection.commit();
        }
        self.pool.put(connection);
        drop(turn);
    }
}

/// With what the server said: the error alone says only "db error".
#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn told(error: tokio_postgres::Error) -> Stopped {
    let said =
        error.as_db_error().map(|said| format!("{} ({})", said.message(), said.code().code()));
    fault(said.unwrap_or_else(|| error.to_string())).into()
}
