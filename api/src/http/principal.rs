//! Who asks: the bearer token of a request.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use chrono::{DateTime, Utc};
use entity::people::principal;
use entity::scope::Viewer;
use sea_orm::DbErr;
use sha2::{Digest as _, Sha256};

use crate::app::App;

/// The person whose token the request carries, if it is one in force.
///
/// # Errors
/// A database fault.
pub async fn of(
    app: &App,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Result<Option<Viewer>, DbErr> {
    let Some(token) = bearer(headers) else {
        return Ok(None);
    };
    principal::find(app.db.reader(), &hash(token), now).await
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// SHA-256 of a token, hexadecimal: all that the database knows of it.
#[must_use]
pub fn hash(token: &str) -> String {
    format!("{:x}", Sha256::digest(token.as_bytes()))
}
