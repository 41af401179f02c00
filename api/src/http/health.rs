//! Whether the process lives, whether it can work, and which part is down if something is.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use entity::messages::health::{self, Backlog, Worker};
use entity::outcome::StoreError;
use migration::{Migrator, MigratorTrait as _};
use runtime::clock::Clock;
use runtime::signal::RedisState;
use serde_json::{Value, json};

use crate::app::App;

/// How long the database may take to give a sign of life: whoever asks us does not wait for ever.
const PATIENCE_WITH_DATABASE: Duration = Duration::from_secs(3);

/// The process lives.
pub async fn lives() -> &'static str {
    "ok"
}

/// Whether requests can be served, and how everything around does. Only the database and its schema
/// decide the status: without Redis, worker or mail server all works later, and taking the api away
/// as well would help nobody.
pub async fn ready(State(app): State<App>) -> (StatusCode, Json<Value>) {
    let database = match tokio::time::timeout(PATIENCE_WITH_DATABASE, app.db.ping()).await {
        Ok(Ok(())) => "up",
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database does not answer");
            "down"
        }
        Err(_) => {
            tracing::warn!("the database, or a connection to it, keeps us waiting");
            "slow"
        }
    };
    let up = database == "up";
    let schema = if up { schema(&app).await } else { "unknown" };
    let redis = match app.signal.redis().await {
        RedisState::Up => "up",
        RedisState::Down => "down",
        RedisState::NotUsed => "not used",
    };
    let workers = if up { told(workers(&app).await) } else { unknown() };
    let mail = if up { told(mail(&app).await) } else { unknown() };
    let serves = up && schema == "up";
    let degraded = redis == "down" || workers["state"] != "up" || mail["state"] != "up";
    let status = match (serves, degraded) {
        (false, _) => "unavailable",
        (true, true) => "degraded",
        (true, false) => "ready",
    };
    let parts = json!({
        "status": status,
        "database": database,
        "schema": schema,
        "redis": redis,
        "worker": workers,
        "mail": mail,
    });
    let code = if serves { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(parts))
}

/// Whether the graph stands and every migration this version knows has run.
async fn schema(app: &App) -> &'static str {
    if crate::schema::graph().is_err() {
        return "down";
    }
    match Migrator::get_pending_migrations_read_only(app.db.reader()).await {
        Ok(pending) if pending.is_empty() => "up",
        Ok(_) => "migrations pending",
        Err(error) => {
            tracing::warn!(%error, "the schema cannot be looked at");
            "down"
        }
    }
}

/// How many workers live and when the last of them was heard of, in seconds by the real clock.
async fn workers(app: &App) -> Result<Value, StoreError> {
    let seen = health::workers(app.db.reader()).await?;
    let now = Clock::machine().now();
    let age = |worker: &Worker| (now - worker.seen_at).num_seconds().max(0);
    let beat = app.config.worker.beat_seconds;
    let alive = seen.iter().filter(|worker| worker.is_alive(now, beat)).count();
    let state = match (alive, seen.is_empty()) {
        (0, true) => "none seen",
        (0, false) => "late",
        _ => "up",
    };
    Ok(json!({ "state": state, "alive": alive, "lastSeenSecondsAgo": seen.first().map(age) }))
}

/// How much mail waits, and for how long, by the programme's own clock. A message is only late
/// after its first failures: a beat or two are nothing. Mail is away when a worker that lives could
/// reach no mail server at its last try; why is in `worker jobs` and in the log, not for everybody.
async fn mail(app: &App) -> Result<Value, StoreError> {
    const LATE: i64 = 10 * 60;
    let now = app.clock.now();
    let Backlog { waiting, since } = health::backlog(app.db.reader(), now).await?;
    let oldest = since.map(|since| (now - since).num_seconds().max(0));
    let (machine, beat) = (Clock::machine().now(), app.config.worker.beat_seconds);
    let workers = health::workers(app.db.reader()).await?;
    let mut alive = workers.iter().filter(|worker| worker.is_alive(machine, beat));
    let state = if alive.any(|worker| worker.mail_away.is_some()) {
        "away"
    } else if oldest.is_some_and(|oldest| oldest > LATE) {
        "late"
    } else {
        "up"
    };
    Ok(json!({ "state": state, "waiting": waiting, "oldestWaitingSeconds": oldest }))
}

fn unknown() -> Value {
    json!({ "state": "unknown" })
}

fn told(part: Result<Value, StoreError>) -> Value {
    part.unwrap_or_else(|error| {
        tracing::warn!(%error, "a part cannot be looked at");
        unknown()
    })
}
