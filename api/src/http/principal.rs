//! Who asks: the bearer token of a request, or else the session of its cookie.

use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use chrono::{DateTime, TimeDelta, Utc};
use entity::people::principal::{self, Proof, Unnoted};
use sha2::{Digest as _, Sha256};

use super::sign_in::session;
use crate::app::App;
use crate::read::caller::Caller;
use crate::read::{Stopped, caller};

/// Longest wait for the note that somebody came: behind a long job's writing, nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a request proves with who asks: its token, or without a header for one its cookie.
#[must_use]
pub fn proof(app: &App, headers: &HeaderMap) -> Option<Proof> {
    match headers.get(AUTHORIZATION) {
        Some(given) => bearer(given.to_str().ok()?),
        None => session::hash_of(app, headers).map(Proof::Session),
    }
}

/// Whoever proves themselves with this, if it is in force. Their coming is noted, at most once a
/// minute.
///
/// # Errors
/// A database fault.
pub async fn find(app: &App, proof: Proof, now: DateTime<Utc>) -> Result<Option<Caller>, Stopped> {
    let Some((caller, unnoted)) = caller::find(&app.db, proof, now).await? else {
        return Ok(None);
    };
    match unnoted {
        // A session that is not noted would end early; a token's use is for people to read.
        Some(unnoted @ Unnoted::Session(_)) => note(app, now, unnoted).await,
        Some(unnoted @ Unnoted::Token(_)) => {
            let app = app.clone();
            tokio::spawn(async move { note(&app, now, unnoted).await });
        }
        None => {}
    }
    Ok(Some(caller))
}

async fn note(app: &App, now: DateTime<Utc>, unnoted: Unnoted) {
    let idle = TimeDelta::minutes(app.config.sign_in.idle_minutes.into());
    let noting = async {
        let txn = app.db.write().await?;
        principal::note(&txn, now, &unnoted, idle).await?;
        txn.commit().await
    };
    match tokio::time::timeout(PATIENCE, noting).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "that somebody came could not be noted"),
        Err(_) => tracing::debug!("that somebody came was not noted: the database is busy"),
    }
}

/// The proof in what an `Authorization` header holds, if it is a token.
#[must_use]
pub fn bearer(authorization: &str) -> Option<Proof> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Proof::Token(hash(token.trim())))
}

/// SHA-256 of a token, hexadecimal: all that the database knows of it.
#[must_use]
pub fn hash(token: &str) -> String {
    format!("{:x}", Sha256::digest(token.as_bytes()))
}
