//! Requests that get no further than the door, and the status of those that got further.

use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::read::Answer;
use crate::read::code::Code;

/// The media type of the specification: the status tells whether the request was executed.
pub(super) const RESPONSE: &str = "application/graphql-response+json";
/// The older one: a request that could be read is answered with 200.
pub(super) const JSON: &str = "application/json";
/// Seconds after which to come again where nothing tells better.
const COME_AGAIN: u32 = 10;

/// Why a request got no further than the door.
pub(super) struct Turned {
    status: StatusCode,
    message: String,
}

/// Turns a request away.
pub(super) fn turned(status: StatusCode, message: impl Into<String>) -> Turned {
    Turned { status, message: message.into() }
}

impl Turned {
    /// As an answer of the graph.
    pub(super) fn answer(&self) -> Answer {
        Answer::refused(&vec![code(self.status).error(self.message.as_str())])
    }
}

/// Answers a request that was turned away.
pub(super) fn refuse(refused: &Turned, media: &'static str) -> Response {
    respond(refused.status, media, refused.answer())
}

/// Answers a request of the graph.
pub(super) fn respond_to(answer: Answer, media: &'static str) -> Response {
    let status = match answer.code {
        None => StatusCode::OK,
        Some(code) => status(code, media),
    };
    respond(status, media, answer)
}

fn respond(status: StatusCode, media: &'static str, answer: Answer) -> Response {
    let wait = answer.charge.map_or(0, |charge| charge.wait_seconds());
    let mut response = (status, answer.into_body()).into_response();
    let media = match media {
        JSON => "application/json; charset=utf-8",
        _ => "application/graphql-response+json; charset=utf-8",
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            headers.insert(ALLOW, HeaderValue::from_static("GET, POST"));
        }
        StatusCode::UNAUTHORIZED => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            let wait = if wait == 0 { COME_AGAIN } else { wait };
            headers.insert(RETRY_AFTER, HeaderValue::from(wait));
        }
        _ => {}
    }
    response
}

/// The status of an answer that was not executed. With the older media type a request that could be
/// read is answered with 200, whatever is wrong with its document.
fn status(code: Code, media: &'static str) -> StatusCode {
    match code {
        Code::BadRequest => StatusCode::BAD_REQUEST,
        Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::Timeout => StatusCode::GATEWAY_TIMEOUT,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::DocumentNotTrusted
        | Code::PersistedQueryNotFound
        | Code::GraphqlParseFailed
        | Code::GraphqlValidationFailed
        | Code::OperationNotFound
        | Code::BadUserInput
        | Code::TooComplex => match media {
            JSON => StatusCode::OK,
            _ => StatusCode::BAD_REQUEST,
        },
    }
}

/// What kind of error a status of ours tells of.
fn code(status: StatusCode) -> Code {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        StatusCode::NOT_ACCEPTABLE => Code::NotAcceptable,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::Forbidden,
        StatusCode::TOO_MANY_REQUESTS => Code::RateLimited,
        StatusCode::GATEWAY_TIMEOUT => Code::Timeout,
        StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
        StatusCode::INTERNAL_SERVER_ERROR => Code::Internal,
        _ => Code::BadRequest,
    }
}
