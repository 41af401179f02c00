//! GraphQL over HTTP, as the draft specification of that name has it.

use std::time::Duration;

use apollo_compiler::response::JsonMap;
use axum::body::{Body, to_bytes};
use axum::extract::{Request as HttpRequest, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::principal;
use crate::app::App;
use crate::read::watch::Caller;
use crate::read::{Request, answer};

/// Largest body.
pub(super) const MAX_BODY: usize = 100_000;
/// The media type of the specification: the status tells whether the request was executed.
pub(super) const RESPONSE: &str = "application/graphql-response+json";
/// The older one: a request that could be read is answered with 200.
pub(super) const JSON: &str = "application/json";

/// Why a request got no further than the door.
pub(super) struct Turned {
    status: StatusCode,
    message: String,
}

/// Turns a request away.
pub(super) fn turned(status: StatusCode, message: impl Into<String>) -> Turned {
    Turned { status, message: message.into() }
}

/// Answers a GraphQL request.
pub async fn handle(State(app): State<App>, request: HttpRequest) -> Response {
    let media = match accepted(request.headers()) {
        Ok(media) => media,
        Err(refused) => return refuse(&refused, RESPONSE),
    };
    let limit = Duration::from_secs(app.config.http.timeout_seconds);
    let answering = tokio::time::timeout(limit, answered(&app, request, media));
    let outcome = answering.await.unwrap_or_else(|_| {
        let message = format!("this took longer than {} s and was stopped", limit.as_secs());
        Err(turned(StatusCode::GATEWAY_TIMEOUT, message))
    });
    outcome.unwrap_or_else(|refused| refuse(&refused, media))
}

async fn answered(
    app: &App,
    request: HttpRequest,
    media: &'static str,
) -> Result<Response, Turned> {
    let now = app.clock.now();
    let read_only = match *request.method() {
        Method::POST => false,
        Method::GET => true,
        _ => {
            let message = "send a query with GET or POST, a mutation with POST";
            return Err(turned(StatusCode::METHOD_NOT_ALLOWED, message));
        }
    };
    let (parts, body) = request.into_parts();
    let asked = if read_only {
        from_address(parts.uri.query().unwrap_or_default())?
    } else {
        from_body(&parts.headers, body).await?
    };
    let caller = caller(app, &parts.headers, now).await?;
    let answer = answer(app, &caller.scope(), now, &asked, read_only).await;
    let status = match answer.executed || media == JSON {
        _ if answer.needs_post => StatusCode::METHOD_NOT_ALLOWED,
        true => StatusCode::OK,
        false => StatusCode::BAD_REQUEST,
    };
    Ok(respond(status, media, answer.body))
}

/// Whoever's token the request carries.
pub(super) async fn caller(
    app: &App,
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Result<Caller, Turned> {
    let caller = principal::of(app, headers, now).await.map_err(|error| {
        tracing::error!(%error, "a token could not be looked up");
        let message = "the service cannot answer just now; try again shortly";
        turned(StatusCode::SERVICE_UNAVAILABLE, message)
    })?;
    caller.ok_or_else(|| {
        let message = "sign in first: send the header \"Authorization: Bearer <token>\" with a \
                       token that is in force";
        turned(StatusCode::UNAUTHORIZED, message)
    })
}

/// Reads the request in a body.
pub(super) async fn from_body(headers: &HeaderMap, body: Body) -> Result<Request, Turned> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case(JSON) {
        let message =
            "send the request as JSON, with the header \"Content-Type: application/json\"";
        return Err(turned(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| {
        let message = format!("a request has at most {MAX_BODY} bytes");
        turned(StatusCode::PAYLOAD_TOO_LARGE, message)
    })?;
    if !body.trim_ascii_start().starts_with(b"{") {
        let message = "send one JSON object with \"query\" and, if need be, \"variables\" and \
                       \"operationName\"; several requests in one are not taken";
        return Err(turned(StatusCode::BAD_REQUEST, message));
    }
    serde_json::from_slice(&body).map_err(|error| {
        let message = format!("the body cannot be read as a GraphQL request: {error}");
        turned(StatusCode::BAD_REQUEST, message)
    })
}

/// The parameters of a GET request.
#[derive(serde::Deserialize)]
struct Parameters {
    query: Option<String>,
    #[serde(rename = "operationName")]
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
    #[serde(rename = "documentId")]
    document_id: Option<String>,
}

/// Reads the request in an address.
pub(super) fn from_address(query: &str) -> Result<Request, Turned> {
    let bad = |message: String| turned(StatusCode::BAD_REQUEST, message);
    let uri = format!("/?{query}").parse().map_err(|_| bad("the address cannot be read".into()))?;
    let parameters = axum::extract::Query::<Parameters>::try_from_uri(&uri)
        .map_err(|error| bad(format!("the address cannot be read: {error}")))?
        .0;
    let object = |name: &str, text: Option<String>| match text.as_deref() {
        None | Some("") => Ok(None),
        Some(text) => serde_json::from_str::<JsonMap>(text)
            .map(Some)
            .map_err(|error| bad(format!("\"{name}\" is not a JSON object: {error}"))),
    };
    Ok(Request {
        query: parameters.query,
        operation_name: parameters.operation_name.filter(|name| !name.is_empty()),
        variables: object("variables", parameters.variables)?,
        extensions: object("extensions", parameters.extensions)?,
        document_id: parameters.document_id,
    })
}

/// The media type to answer in.
fn accepted(headers: &HeaderMap) -> Result<&'static str, Turned> {
    let mut wanted = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim())
        .peekable();
    if wanted.peek().is_none() {
        return Ok(RESPONSE);
    }
    wanted
        .find_map(|range| match range {
            RESPONSE | "*/*" | "application/*" => Some(RESPONSE),
            JSON => Some(JSON),
            _ => None,
        })
        .ok_or_else(|| {
            let message = format!("answers are {RESPONSE} or {JSON}");
            turned(StatusCode::NOT_ACCEPTABLE, message)
        })
}

/// Answers a request that was turned away.
pub(super) fn refuse(refused: &Turned, media: &'static str) -> Response {
    let body = json!({ "errors": [{ "message": refused.message }] }).to_string();
    let mut response = respond(refused.status, media, body.into_bytes());
    let header = match refused.status {
        StatusCode::METHOD_NOT_ALLOWED => Some((ALLOW, "GET, POST")),
        StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Bearer")),
        StatusCode::TOO_MANY_REQUESTS => Some((RETRY_AFTER, "10")),
        _ => None,
    };
    if let Some((name, value)) = header {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn respond(status: StatusCode, media: &'static str, body: Vec<u8>) -> Response {
    let mut response = (status, body).into_response();
    let media = match media {
        JSON => "application/json; charset=utf-8",
        _ => "application/graphql-response+json; charset=utf-8",
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    response
}
