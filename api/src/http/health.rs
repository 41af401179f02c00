//! Whether the process lives, and whether it can work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::app::App;

/// The process lives.
pub async fn lives() -> &'static str {
    "ok"
}

/// The database answers and the schema stands; if not, which of them does not.
pub async fn ready(State(app): State<App>) -> (StatusCode, Json<Value>) {
    let database = app.db.ping().await;
    if let Err(error) = &database {
        tracing::warn!(%error, "the database does not answer");
    }
    let word = |up: bool| if up { "up" } else { "down" };
    let schema = crate::schema::graph().is_ok();
    let status =
        if database.is_ok() && schema { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let parts = json!({ "database": word(database.is_ok()), "schema": word(schema) });
    (status, Json(parts))
}
