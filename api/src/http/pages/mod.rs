//! Server-rendered pages that links in mails open. GET shows, POST acts.

use axum::Router;

use crate::app::App;

/// The routes of the pages, to be merged into the api's own.
pub fn router() -> Router<App> {
    Router::new()
}
