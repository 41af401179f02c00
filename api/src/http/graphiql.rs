//! GraphiQL, where the settings want it: the files built from `web/graphiql`, and nothing from
//! elsewhere.

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use crate::app::App;

/// What the browser may load and do. The editor writes styles into the page and has its font in
/// them; nothing else comes from anywhere but us.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; \
    style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What is said where the files are missing.
const NOT_BUILT: &str = "GraphiQL is switched on, but was not built with this program. Build it \
    with `npm ci && npm run build` in web/graphiql, and then the program.\n";

/// What `npm run build` makes; nothing, if it was not run. `build.rs` makes the folder.
#[derive(RustEmbed)]
#[folder = "../web/graphiql/dist"]
struct Built;

/// The page and its parts.
pub fn router() -> Router<App> {
    Router::new()
        .route("/graphiql", get(page))
        .route("/graphiql/{*path}", get(async |Path(path): Path<String>| part(&path)))
}

async fn page() -> Response {
    match Built::get("index.html") {
        Some(file) => respond("index.html", "no-cache", file.data.into_owned()),
        None => (StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT).into_response(),
    }
}

/// A part of the page. Its name changes with what is in it, so a browser may keep it.
fn part(path: &str) -> Response {
    match Built::get(path) {
        Some(file) => respond(path, "public, max-age=31536000, immutable", file.data.into_owned()),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn respond(path: &str, kept: &'static str, body: Vec<u8>) -> Response {
    let headers: [(HeaderName, &str); 5] = [
        (CONTENT_TYPE, media_type(path)),
        (CACHE_CONTROL, kept),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, body).into_response()
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("ttf") => "font/ttf",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
