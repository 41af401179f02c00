//! The session that a sign-in opens, and its cookie.

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use entity::people::sessions::{self, Opening};
use rand::RngCore as _;
use rules::sign_in::{SignInMethod, user_agent};
use sea_orm::{DatabaseTransaction, DbErr};
use uuid::Uuid;

use crate::app::App;
use crate::http::principal::hash;

/// Opens a session of a person whom a service vouches for, and returns its cookie.
///
/// # Errors
/// A database fault.
pub async fn open(
    app: &App,
    txn: &DatabaseTransaction,
    headers: &HeaderMap,
    now: DateTime<Utc>,
    person_id: Uuid,
    issuer: &str,
) -> Result<String, DbErr> {
    let mut token = [0; 32];
    rand::rng().fill_bytes(&mut token);
    let token = URL_SAFE_NO_PAD.encode(token);
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let opening = Opening {
        person_id,
        token_hash: &hash(&token),
        method: SignInMethod::Oidc,
        issuer: Some(issuer),
        user_agent: &user_agent(agent),
        idle: TimeDelta::hours(12),
        longest: TimeDelta::days(7),
        instead_of: None,
    };
    sessions::open(txn, now, opening).await?;
    let (prefix, secure) = if app.config.http.public_url.starts_with("https://") {
        ("__Host-", "; Secure")
    } else {
        ("", "")
    };
    Ok(format!("{prefix}hubs_session={token}; Path=/; HttpOnly; SameSite=Lax{secure}"))
}
