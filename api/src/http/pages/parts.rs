//! What the pages share: the frame, and the answers when a page cannot be shown.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::outcome::StoreError;
use entity::people::secrets;
use rand::RngCore as _;

use crate::app::App;

/// Why a page cannot be shown.
#[derive(Debug)]
pub(crate) enum PageError {
    /// No link of ours: cut short, changed, or for another page.
    Unknown,
    /// Its last day has passed.
    Expired,
    /// Genuine, but its person no longer has a part in what it is about.
    Revoked,
    /// Genuine, but the school has moved to another hub than the one its person leads.
    Moved,
    /// A form that cannot be read.
    BadForm,
    /// A fault of ours.
    Fault(anyhow::Error),
}

impl From<sea_orm::DbErr> for PageError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Fault(error.into())
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Self::Fault(error.into())
    }
}

/// A page that says what to do instead.
#[derive(Template)]
#[template(path = "pages/notice.html")]
pub(in crate::http) struct Notice<'a> {
    /// What is the matter.
    pub title: &'a str,
    /// What to do instead.
    pub advice: &'a str,
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, title, advice) = match self {
            Self::Unknown => (
                StatusCode::NOT_FOUND,
                "This link does not open anything",
                "It may have been cut short. Open it from the mail itself, or copy the whole line. \
                 If that does not help, use the link in your next mail, or ask your hub lead for help.",
            ),
            Self::Expired => (
                StatusCode::GONE,
                "This link has expired",
                "Use the link in your latest mail. If there is none, ask your hub lead.",
            ),
            Self::Revoked => (
                StatusCode::GONE,
                "This link no longer works for you",
                "You are no longer named as a contact for this. If that is a mistake, ask your \
                 school or your hub lead.",
            ),
            Self::Moved => (
                StatusCode::GONE,
                "This school has moved to another hub",
                "It is supported by another hub now, whose lead sees where it stands. There is \
                 nothing more for you to do.",
            ),
            Self::BadForm => (
                StatusCode::BAD_REQUEST,
                "What was sent cannot be read",
                "Go back, check what you entered, and send it again.",
            ),
            Self::Fault(error) => {
                tracing::error!("a page failed: {error:#}");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Something went wrong on our side",
                    "Nothing was changed. Try again in a few minutes.",
                )
            }
        };
        page(status, &Notice { title, advice }).unwrap_or_else(|_| (status, title).into_response())
    }
}

/// A page as a response.
pub(in crate::http) fn page(
    status: StatusCode,
    page: &impl Template,
) -> Result<Response, askama::Error> {
    Ok((status, Html(page.render()?)).into_response())
}

/// What signs links, the same as the worker's.
pub(crate) async fn secret(app: &App) -> Result<String, PageError> {
    if let Some(secret) = secrets::stored(app.db.reader(), secrets::LINKS).await? {
        return Ok(secret);
    }
    let mut candidate = [0; 32];
    rand::rng().fill_bytes(&mut candidate);
    let candidate = URL_SAFE_NO_PAD.encode(candidate);
    let txn = app.db.write().await?;
    let secret = secrets::shared(&txn, app.clock.now(), secrets::LINKS, candidate).await?;
    txn.commit().await?;
    Ok(secret)
}
