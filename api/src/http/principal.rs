//! Who asks: the bearer token of a request.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::read::Stopped;
use crate::read::watch::Caller;

/// The person whose token the request carries, if it is one in force.
///
/// # Errors
/// A database fault.
pub async fn of(
    app: &App,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Result<Option<Caller>, Stopped> {
    match token_hash(headers) {
        Some(hash) => Caller::read(&app.db, hash, now).await,
        None => Ok(None),
    }
}

/// The hash of the token in the `Authorization` header, if there is one.
#[must_use]
pub fn token_hash(headers: &HeaderMap) -> Option<String> {
    bearer(headers.get(AUTHORIZATION)?.to_str().ok()?)
}

/// The hash of the token in what an `Authorization` header holds, if it is one.
#[must_use]
pub fn bearer(authorization: &str) -> Option<String> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| hash(token.trim()))
}

/// SHA-256 of a token, hexadecimal: all that the database knows of it.
#[must_use]
pub fn hash(token: &str) -> String {
    format!("{:x}", Sha256::digest(token.as_bytes()))
}
