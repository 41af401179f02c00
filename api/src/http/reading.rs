//! What a request says: in which media type it wants its answer, and the GraphQL request in its
//! body or address.

use apollo_compiler::response::JsonMap;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};

use super::refusal::{JSON, RESPONSE, Turned, turned};
use crate::read::Request;

/// Largest body. An address is never so long: hyper takes none of more than 65,534 bytes.
pub(super) const MAX_BODY: usize = 100_000;

/// Turns away a body that says it is too large.
pub(super) fn check_length(headers: &HeaderMap) -> Result<(), Turned> {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    match length {
        Some(length) if MAX_BODY < length => Err(too_large()),
        _ => Ok(()),
    }
}

/// Turns away a body of another kind than JSON.
pub(super) fn check_media(headers: &HeaderMap) -> Result<(), Turned> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let mut parts = kind.split(';').map(str::trim);
    let json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case(JSON));
    let charset = parts.filter_map(|part| part.split_once('=')).find_map(|(name, value)| {
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    if json && charset.is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8")) {
        return Ok(());
    }
    let message = "send the request as JSON in UTF-8, with the header \"Content-Type: \
                   application/json\"";
    Err(turned(StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
}

/// Reads the request in a body.
pub(super) async fn from_body(headers: &HeaderMap, body: Body) -> Result<Request, Turned> {
    check_length(headers)?;
    check_media(headers)?;
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| too_large())?;
    from_bytes(&body)
}

fn from_bytes(body: &Bytes) -> Result<Request, Turned> {
    // serde would take a list of the fields for the object as well.
    if !body.trim_ascii_start().starts_with(b"{") {
        let message = "send one JSON object with \"query\" and, if need be, \"variables\" and \
                       \"operationName\"; several requests in one are not taken";
        return Err(turned(StatusCode::BAD_REQUEST, message));
    }
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("the body cannot be read as a GraphQL request: {error}");
        turned(StatusCode::BAD_REQUEST, message)
    })
}

fn too_large() -> Turned {
    let message = format!("a request has at most {MAX_BODY} bytes");
    turned(StatusCode::PAYLOAD_TOO_LARGE, message)
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

/// The media type to answer in: the one the client likes best, or names first. Whoever takes
/// anything gets what every client can read.
pub(super) fn accepted(headers: &HeaderMap) -> Result<&'static str, Turned> {
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut wanted = ranges.flat_map(|value| value.split(',')).map(range).peekable();
    if wanted.peek().is_none() {
        return Ok(JSON);
    }
    let mut best: Option<(&'static str, f32)> = None;
    for (media, liking) in wanted {
        let media = match media.to_ascii_lowercase().as_str() {
            RESPONSE => RESPONSE,
            JSON | "*/*" | "application/*" => JSON,
            _ => continue,
        };
        if liking > best.map_or(0.0, |(_, liking)| liking) {
            best = Some((media, liking));
        }
    }
    best.map(|(media, _)| media).ok_or_else(|| {
        turned(StatusCode::NOT_ACCEPTABLE, format!("answers are {RESPONSE} or {JSON}"))
    })
}

/// A media range and how much it is liked, from 0 to 1.
fn range(text: &str) -> (&str, f32) {
    let mut parts = text.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let liking = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    (media, liking.and_then(|liking| liking.trim().parse().ok()).unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_type_is_the_one_the_client_likes_best() {
        for (accept, expected) in [
            (None, Some(JSON)),
            (Some("*/*"), Some(JSON)),
            (Some("application/json"), Some(JSON)),
            (Some("application/graphql-response+json"), Some(RESPONSE)),
            (Some("Application/GraphQL-Response+JSON; charset=utf-8"), Some(RESPONSE)),
            (Some("application/graphql-response+json, application/json;q=0.9"), Some(RESPONSE)),
            (Some("application/json;q=0.9, application/graphql-response+json"), Some(RESPONSE)),
            (Some("text/html, */*;q=0.1"), Some(JSON)),
            (Some("application/json;q=0"), None),
            (Some("text/html"), None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, accept.parse().unwrap_or_else(|_| unreachable!()));
            }
            assert_eq!(accepted(&headers).ok(), expected, "{accept:?}");
        }
    }
}
