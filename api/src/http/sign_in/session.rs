//! The session that a sign-in opens, its cookie, and from which pages it is taken.

use axum::http::header::{COOKIE, HOST, ORIGIN, USER_AGENT};
use axum::http::{HeaderMap, Method};
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

/// Opens a session of a person in place of the one that the browser had, and returns its cookie.
/// `issuer` is the service that vouches for them, if one does.
///
/// # Errors
/// A database fault.
pub async fn open(
    app: &App,
    txn: &DatabaseTransaction,
    headers: &HeaderMap,
    now: DateTime<Utc>,
    person_id: Uuid,
    method: SignInMethod,
    issuer: Option<&str>,
) -> Result<String, DbErr> {
    let mut token = [0; 32];
    rand::rng().fill_bytes(&mut token);
    let token = URL_SAFE_NO_PAD.encode(token);
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let old = hash_of(app, headers);
    let settings = &app.config.sign_in;
    let opening = Opening {
        person_id,
        token_hash: &hash(&token),
        method,
        issuer,
        user_agent: &user_agent(agent),
        idle: TimeDelta::minutes(settings.idle_minutes.into()),
        longest: TimeDelta::hours(settings.longest_hours.into()),
        instead_of: old.as_deref(),
    };
    sessions::open(txn, now, opening).await?;
    Ok(cookie(app, Some(&token)))
}

/// Over https, browsers take the cookie from nobody but us; see `__Host-` in RFC 6265bis.
fn name(app: &App) -> &'static str {
    if is_secure(app) { "__Host-hubs_session" } else { "hubs_session" }
}

/// The cookie to be set for a session, or unset when it is over.
#[must_use]
pub fn cookie(app: &App, token: Option<&str>) -> String {
    let secure = if is_secure(app) { "; Secure" } else { "" };
    let over = if token.is_some() { "" } else { "; Max-Age=0" };
    let (name, token) = (name(app), token.unwrap_or_default());
    format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax{over}{secure}")
}

/// The hash of the session's token in the cookies of a request, if there is one.
#[must_use]
pub fn hash_of(app: &App, headers: &HeaderMap) -> Option<String> {
    let wanted = name(app);
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == wanted && !value.is_empty())
        .map(|(_, value)| hash(value))
}

/// Whether a request that comes with a cookie was sent by a page of ours: browsers send the cookie
/// whichever page asks. What only reads may come without a page, as an address typed in does.
#[must_use]
pub fn is_of_ours(app: &App, method: &Method, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else {
        return method.is_safe();
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let asking = origin.split_once("://").map(|(_, host)| host);
    (asking.is_some() && asking == host) || origin.eq_ignore_ascii_case(&app.config.http.origin())
}

fn is_secure(app: &App) -> bool {
    app.config.http.public_url.starts_with("https://")
}
