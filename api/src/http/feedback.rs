//! What a mail service reports of mail that went: `POST /feedback/mail`, for whoever knows the token
//! in the setting `mail.feedback_token`. A body of `message/rfc822` is a bounce or complaint as it was
//! mailed; one of `application/json` is an [`Event`]. What was taken in before is answered in the same
//! way, so that a service may repeat itself.

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use entity::messages::feedback::{Named, Source, Taken, Told, take};
use rules::messages::feedback::{FeedbackKind, is_hard};
use rules::messages::report;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::pages::parts::secret;
use crate::app::App;
use crate::metrics;

/// Longest id and status in an event, in characters.
const LONGEST: usize = 200;

/// What happened to a message, as a mail service tells it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    /// What happened.
    #[serde(rename = "event")]
    what: What,
    /// `Message-ID` of the message, with or without brackets; or else `verp`.
    #[serde(default)]
    message_id: Option<String>,
    /// The return path that the message carried.
    #[serde(default)]
    verp: Option<String>,
    /// The enhanced status (RFC 3463), such as `5.1.1`.
    #[serde(default)]
    status: String,
    /// When it happened.
    #[serde(default)]
    at: Option<String>,
    /// The service's own id of the event: the same when it is told again.
    id: String,
}

/// The events there are.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    /// The message came back; `status` says whether for good.
    Bounced,
    /// Its reader marked it as unwanted.
    Complained,
}

/// `POST /feedback/mail`
pub async fn handle(State(app): State<App>, request: Request) -> Response {
    if app.config.mail.feedback_token.is_empty() {
        let message = "no reports are taken here; see the setting mail.feedback_token";
        return told(StatusCode::NOT_FOUND, message);
    }
    if !is_known(&app.config.mail.feedback_token, request.headers()) {
        let message = "send the header \"Authorization: Bearer <token>\" with the token of the \
                       setting mail.feedback_token";
        return told(StatusCode::UNAUTHORIZED, message);
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, report::LARGEST).await else {
        return told(StatusCode::PAYLOAD_TOO_LARGE, "a report has at most 2,000,000 bytes");
    };
    let Ok(secret) = secret(&app).await else {
        return told(StatusCode::SERVICE_UNAVAILABLE, "try again shortly");
    };
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let read = match kind.to_ascii_lowercase().as_str() {
        "message/rfc822" => {
            let sealed = !app.config.mail.bounce_address.is_empty();
            mailed(&body, secret.as_bytes(), sealed)
        }
        "application/json" => event(&body, secret.as_bytes()),
        _ => {
            let message = "send message/rfc822 or application/json";
            return told(StatusCode::UNSUPPORTED_MEDIA_TYPE, message);
        }
    };
    match read {
        Ok(report) => write(&app, report).await,
        Err(problem) => told(StatusCode::UNPROCESSABLE_ENTITY, &problem),
    }
}

/// Whether the request carries the token. Both are hashed first, so that the comparison takes the same
/// time whatever their lengths.
fn is_known(token: &str, headers: &HeaderMap) -> bool {
    let given = headers.get(AUTHORIZATION).and_then(|given| given.to_str().ok());
    let given = given.and_then(|given| given.split_once(' '));
    let Some((scheme, given)) = given else {
        return false;
    };
    let same = Sha256::digest(given.trim()).ct_eq(&Sha256::digest(token));
    scheme.eq_ignore_ascii_case("bearer") && bool::from(same)
}

fn mailed(body: &Bytes, secret: &[u8], sealed: bool) -> Result<Told, String> {
    let read = report::read(body, secret);
    let read = read.ok_or("this is no bounce (RFC 3464) and no complaint (RFC 5965)")?;
    Ok(Told::mailed(read, Source::Webhook, sealed))
}

/// The event in a body, or what is wrong with it, with the name of the field that is wrong.
fn read(body: &Bytes) -> Result<Event, String> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let event = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = error.path().to_string();
        let field = if field == "." { String::new() } else { format!("\"{field}\": ") };
        format!("the event cannot be read: {field}{}", error.inner())
    })?;
    json.end().map_err(|error| format!("the event cannot be read: {error}"))?;
    Ok(event)
}

fn event(body: &Bytes, secret: &[u8]) -> Result<Told, String> {
    let event: Event = read(body)?;
    for (name, value) in [("id", &event.id), ("status", &event.status)] {
        let odd = value.len() > LONGEST || value.chars().any(char::is_control);
        if odd || (name == "id" && value.is_empty()) {
            return Err(format!("\"{name}\" has 1 to {LONGEST} characters, none of them control"));
        }
    }
    let status = event.status.trim();
    let parts = report::status(status).filter(|(class, ..)| *class != 2);
    if !status.is_empty() && parts.is_none() {
        return Err("\"status\" is an enhanced status such as 5.1.1".to_owned());
    }
    if event.message_id.as_deref().is_some_and(|id| !report::may_be_id(id)) {
        let longest = report::LONGEST_ID;
        return Err(format!("\"message_id\" has at most {longest} bytes, none of them control"));
    }
    if event.message_id.is_none() && event.verp.is_none() {
        return Err("give \"message_id\" or \"verp\"".to_owned());
    }
    let at = event.at.as_deref().map(str::parse::<DateTime<Utc>>).transpose();
    let at = at.map_err(|_| "\"at\" is a moment such as 2026-10-05T07:00:00Z".to_owned())?;
    let kind = match event.what {
        What::Complained => FeedbackKind::Complaint,
        What::Bounced if parts.is_some_and(is_hard) => FeedbackKind::HardBounce,
        What::Bounced => FeedbackKind::SoftBounce,
    };
    Ok(Told {
        key: format!("event:{:x}", Sha256::digest(&event.id)),
        kind,
        source: Source::Webhook,
        message: match event.verp.as_deref().and_then(|verp| report::named(verp, secret)) {
            Some(message) => Named::Sealed(message),
            None => event.message_id.map_or(Named::Nothing, Named::ByService),
        },
        status: status.to_owned(),
        at,
    })
}

async fn write(app: &App, report: Told) -> Response {
    let now = app.clock.now();
    let writing = async {
        let txn = app.db.write().await?;
        let taken = take(&txn, now, &report).await?;
        txn.commit().await?;
        Ok::<_, entity::outcome::StoreError>(taken)
    };
    match writing.await {
        Ok(taken) => {
            metrics::reported(taken);
            match taken {
                Taken::New => app.signal.changed().await,
                Taken::Known => {}
                // What it names instead is not ours to write down: it may be somebody's address.
                Taken::Stray => tracing::warn!(
                    kind = ?report.kind,
                    "a mail service reported of a message that is none of ours"
                ),
            }
            // A message of another system is none of the service's mistakes: it need not try again.
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a report about mail could not be written down");
            told(StatusCode::SERVICE_UNAVAILABLE, "try again shortly")
        }
    }
}

fn told(status: StatusCode, message: &str) -> Response {
    (status, format!("{message}\n")).into_response()
}
