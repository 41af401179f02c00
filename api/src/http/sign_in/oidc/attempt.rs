//! An attempt to sign in at a service, bound to the browser that began it: the browser holds a
//! cookie, and the state that travels through the service is a hash of it. So who reads the state
//! on its way cannot come back with it.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use sha2::{Digest as _, Sha256};

use crate::app::App;

/// Seconds in which somebody must be back.
pub const LASTS_SECONDS: i64 = 600;

/// The state of the browser that holds this cookie.
#[must_use]
pub fn state_of(cookie: &str) -> String {
    format!("{:x}", Sha256::digest(format!("state {cookie}")))
}

/// What the database knows of a state.
#[must_use]
pub fn hash_of(state: &str) -> String {
    format!("{:x}", Sha256::digest(state))
}

/// The name of the cookie of an attempt: each has its own, so that two windows may try.
fn name(app: &App, state: &str) -> String {
    let prefix = if is_secure(app) { "__Host-" } else { "" };
    format!("{prefix}hubs_attempt_{}", state.get(..8).unwrap_or_default())
}

/// The cookie to be set for an attempt, or unset when it is over.
#[must_use]
pub fn cookie(app: &App, state: &str, value: Option<&str>) -> String {
    let secure = if is_secure(app) { "; Secure" } else { "" };
    let lasts = if value.is_some() { LASTS_SECONDS } else { 0 };
    let (name, value) = (name(app, state), value.unwrap_or_default());
    format!("{name}={value}; Path=/; Max-Age={lasts}; HttpOnly; SameSite=Lax{secure}")
}

/// Whether the request comes from the browser that began the attempt with this state.
#[must_use]
pub fn is_of(app: &App, headers: &HeaderMap, state: &str) -> bool {
    let wanted = name(app, state);
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .any(|(name, value)| name == wanted && state_of(value) == state)
}

fn is_secure(app: &App) -> bool {
    app.config.http.public_url.starts_with("https://")
}
