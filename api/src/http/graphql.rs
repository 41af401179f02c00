//! GraphQL over HTTP, as the draft specification of that name has it. What costs least to refuse is
//! looked at first: size, method, kind of body, page that asks, JSON, token; then the graph.

use std::time::Duration;

use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use chrono::{DateTime, Utc};
use entity::people::principal::Proof;

use super::live::may_ask;
use super::reading::{accepted, check_length, check_media, from_address, from_body};
use super::refusal::{JSON, Turned, refuse, respond_to, turned};
use super::sign_in::session;
use super::{cors, principal};
use crate::app::App;
use crate::read::caller::Caller;
use crate::read::{Answer, Request, answer};

/// Answers a GraphQL request.
pub async fn handle(State(app): State<App>, request: HttpRequest) -> Response {
    let media = match accepted(request.headers()) {
        Ok(media) => media,
        Err(refused) => return refuse(&refused, JSON),
    };
    let limit = Duration::from_secs(app.config.http.timeout_seconds);
    let answering = tokio::time::timeout(limit, answered(&app, request));
    match answering.await.unwrap_or_else(|_| Err(too_slow(&app))) {
        Ok(answer) => respond_to(answer, media),
        Err(refused) => refuse(&refused, media),
    }
}

async fn answered(app: &App, request: HttpRequest) -> Result<Answer, Turned> {
    let now = app.clock.now();
    let read_only = read_only(app, &request)?;
    let (asked, headers) = asked(request, read_only).await?;
    let caller = caller(app, &headers, now, read_only).await?;
    Ok(answer(app, &caller.scope(), now, &asked, read_only).await)
}

/// Looks at everything that comes before the body, and says whether only queries may be answered.
pub(super) fn read_only(app: &App, request: &HttpRequest) -> Result<bool, Turned> {
    let headers = request.headers();
    check_length(headers)?;
    let read_only = match *request.method() {
        Method::POST => false,
        Method::GET => true,
        _ => {
            let message = "send a query with GET or POST, a mutation with POST";
            return Err(turned(StatusCode::METHOD_NOT_ALLOWED, message));
        }
    };
    if !read_only {
        check_media(headers)?;
    }
    if !may_ask(app, headers) {
        let message = "pages of this origin may not ask here; see the setting live.origins";
        return Err(turned(StatusCode::FORBIDDEN, message));
    }
    Ok(read_only)
}

/// The GraphQL request in an HTTP request, and the headers it came with.
pub(super) async fn asked(
    request: HttpRequest,
    read_only: bool,
) -> Result<(Request, HeaderMap), Turned> {
    let (parts, body) = request.into_parts();
    let asked = if read_only {
        from_address(parts.uri.query().unwrap_or_default())?
    } else {
        from_body(&parts.headers, body).await?
    };
    Ok((asked, parts.headers))
}

/// Whoever's token or session the request carries. A session is taken from pages of ours alone, and
/// of the origins in the settings.
pub(super) async fn caller(
    app: &App,
    headers: &HeaderMap,
    now: DateTime<Utc>,
    read_only: bool,
) -> Result<Caller, Turned> {
    let nobody = || {
        let message = "sign in first: send the header \"Authorization: Bearer <token>\" with a \
                       token that is in force, or sign in at /sign-in";
        turned(StatusCode::UNAUTHORIZED, message)
    };
    let proof = principal::proof(app, headers).ok_or_else(nobody)?;
    let method = if read_only { Method::GET } else { Method::POST };
    let is_of_ours =
        || session::is_of_ours(app, &method, headers) || cors::is_allowed(app, headers);
    if matches!(proof, Proof::Session(_)) && !is_of_ours() {
        let message = "a session is taken from our own pages only: ask from one, or with a token";
        return Err(turned(StatusCode::FORBIDDEN, message));
    }
    let caller = principal::find(app, proof, now).await.map_err(|error| {
        tracing::error!(%error, "a token or session could not be looked up");
        let message = "the service cannot answer just now; try again shortly";
        turned(StatusCode::SERVICE_UNAVAILABLE, message)
    })?;
    caller.ok_or_else(nobody)
}

/// It took longer than it may.
pub(super) fn too_slow(app: &App) -> Turned {
    let limit = app.config.http.timeout_seconds;
    let message = format!("this took longer than {limit} s and was stopped");
    turned(StatusCode::GATEWAY_TIMEOUT, message)
}
