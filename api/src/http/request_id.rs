//! One id for each request: taken from the caller or made here, in every log line about it and in
//! the answer.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::app::App;
use crate::metrics;
use crate::read::code::REQUEST_ID;

/// The header, in and out.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Longest id taken from a caller.
const LONGEST: usize = 64;

/// Gives the request its id, lets it go on with the trace it names, and logs what became of it. The route is logged, not the path: paths
/// of links in mails hold secrets.
pub async fn carry(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(HEADER)
        .and_then(|id| id.to_str().ok())
        .filter(|id| is_plain(id))
        .map_or_else(|| entity::id::new_id(app.clock.now()).simple().to_string(), str::to_owned);
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("(no such page)", MatchedPath::as_str).to_owned();
    let span =
        tracing::info_span!("request", id, method = %request.method(), route = route.as_str());
    runtime::traces::go_on(&span, request.headers());
    let started = Instant::now();
    let answering = async {
        let mut response = next.run(request).await;
        let ms = started.elapsed().as_millis();
        tracing::info!(status = response.status().as_u16(), ms, "answered");
        metrics::answered(&route, response.status());
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(HEADER, id);
        }
        response
    };
    REQUEST_ID.scope(id.clone(), answering.instrument(span)).await
}

fn is_plain(id: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    (1..=LONGEST).contains(&id.len()) && id.chars().all(plain)
}
