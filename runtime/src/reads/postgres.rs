//! PostgreSQL: a few connections, statements prepared once on each and sent without waiting for the
//! answer to the one before.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::{FutureExt as _, try_join_all};
use futures::{StreamExt as _, pin_mut};
use sea_orm::{DbErr, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, Statement};

use super::secure::{self, Secured};
use super::{Ask, Bind, Rows, Stopped, fault};
use crate::config::DatabaseConfig;

/// How long a request waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// Statements kept prepared on each connection; past that all are forgotten and made anew.
const STATEMENTS: usize = 500;
/// Begins a snapshot, by the defaults that the connection has been given.
const BEGIN: &str = "BEGIN";

/// Connections, made when needed.
pub struct Pool {
    config: Config,
    secured: Secured,
    idle: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
}

struct Connection {
    client: Client,
    statements: HashMap<Arc<str>, Statement>,
}

/// A connection held for one request.
pub struct View {
    pool: Arc<Pool>,
    connection: Option<Connection>,
    /// Whether a transaction was begun and not ended.
    begun: bool,
    /// Whether answers are under way; given up then, the connection is no good any more.
    busy: bool,
    _turn: OwnedSemaphorePermit,
}

impl Pool {
    pub(super) fn new(config: &DatabaseConfig) -> Result<Self, DbErr> {
        let (config, secured, most) = secure::parse(config)?;
        let turns = Arc::new(Semaphore::new(most));
        Ok(Self { config, secured, idle: Mutex::default(), turns })
    }

    pub(super) fn close(&self) {
        self.turns.close();
    }

    pub(super) async fn view(self: &Arc<Self>) -> Result<View, DbErr> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| fault("no connection was free in time"))?.map_err(fault)?;
        let idle = || self.idle.lock().ok()?.pop();
        let connection = loop {
            match idle() {
                // The server may have closed it since.
                Some(connection) if connection.client.is_closed() => {}
                Some(connection) => break connection,
                None => {
                    let connecting = self.secured.connect(&self.config);
                    let client = tokio::time::timeout(PATIENCE, connecting).await;
                    let client = client.map_err(|_| fault("the database did not answer"))??;
                    break Connection { client, statements: HashMap::new() };
                }
            }
        };
        let pool = Arc::clone(self);
        Ok(View { pool, connection: Some(connection), begun: false, busy: false, _turn: turn })
    }
}

impl Connection {
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

    async fn rows(&self, ask: &Ask, most: usize) -> Result<Rows, Stopped> {
        let statement = self.statements.get(&ask.text);
        let statement = statement.ok_or_else(|| fault("a statement was not prepared"))?;
        let found = self.client.query_raw(statement, ask.values.iter().map(Bound)).await;
        let found = found.map_err(told)?;
        pin_mut!(found);
        let mut rows = Vec::new();
        while let Some(row) = found.next().await {
            rows.push(row.map_err(told)?);
            if rows.len() > most {
                return Err(Stopped::TooMany);
            }
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
        let Some(connection) = &mut self.connection else {
            return Err(fault("this snapshot is over").into());
        };
        self.busy = true;
        connection.make_room(asks.len());
        for ask in asks {
            connection.prepare(&ask.text).await.map_err(told)?;
        }
        let connection = &*connection;
        // One statement alone is a snapshot by itself.
        let begins = !self.begun && !(last && asks.len() == 1);
        let begin = async {
            if begins {
                connection.client.batch_execute(BEGIN).await.map_err(told)?
            }
            Ok::<_, Stopped>(())
        };
        let asking = try_join_all(asks.iter().map(|ask| connection.rows(ask, most)));
        self.begun |= begins;
        // Polled in this order, they are sent in this order.
        let ((), rows) = tokio::try_join!(biased; begin, asking)?;
        self.busy = false;
        if rows.iter().map(Rows::len).sum::<usize>() > most {
            return Err(Stopped::TooMany);
        }
        Ok(rows)
    }
}

impl Drop for View {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take().filter(|_| !self.busy) else {
            return;
        };
        if self.begun {
            // Asked once, it is sent; whoever has the connection next need not wait for the answer.
            let _ = connection.client.batch_execute("COMMIT").now_or_never();
        }
        if let Ok(mut idle) = self.pool.idle.lock() {
            idle.push(connection);
        }
    }
}

/// With what the server said: the error alone says only "db error".
fn told(error: tokio_postgres::Error) -> Stopped {
    let said =
        error.as_db_error().map(|said| format!("{} ({})", said.message(), said.code().code()));
    fault(said.unwrap_or_else(|| error.to_string())).into()
}

/// A value as PostgreSQL takes it where it expects a type.
#[derive(Debug)]
struct Bound<'a>(&'a Bind);

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let value = match self.0 {
            Bind::Ids(ids) => return ids.to_sql(ty, out),
            Bind::Value(value) => value,
        };
        match value {
            Value::Uuid(id) => id.to_sql(ty, out),
            Value::String(text) => text.as_deref().to_sql(ty, out),
            Value::Bool(yes) => yes.to_sql(ty, out),
            Value::Int(number) => whole(number.map(i64::from), ty, out),
            Value::BigInt(number) => whole(*number, ty, out),
            Value::Double(number) => match *ty {
                #[expect(clippy::cast_possible_truncation, reason = "the column holds no more")]
                Type::FLOAT4 => number.map(|number| number as f32).to_sql(ty, out),
                _ => number.to_sql(ty, out),
            },
            Value::ChronoDate(day) => day.to_sql(ty, out),
            Value::ChronoDateTimeUtc(moment) => moment.to_sql(ty, out),
            other => Err(format!("a value of another kind cannot be bound here: {other:?}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A whole number in the width that is expected.
fn whole(
    number: Option<i64>,
    ty: &Type,
    out: &mut BytesMut,
) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
    match *ty {
        Type::INT2 => number.map(i16::try_from).transpose()?.to_sql(ty, out),
        Type::INT4 => number.map(i32::try_from).transpose()?.to_sql(ty, out),
        _ => number.to_sql(ty, out),
    }
}
