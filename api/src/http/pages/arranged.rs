//! What the pages of visits and of bookings share: their facts, the entry for a calendar, and going on
//! after something was done.

use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use entity::outcome::{Refusal, RefusalCode};
use rules::links::Link;
use rules::messages::entry::{Entry, Somebody};

use super::parts::{self, PageError};
use crate::app::App;

/// An entry as a file for a calendar.
pub(super) fn file(app: &App, entry: &Entry) -> Response {
    let from = app.config.mail.from.trim();
    let organiser = match from.strip_suffix('>').and_then(|from| from.rsplit_once('<')) {
        Some((name, address)) => Somebody { name: Some(name.trim()), address },
        None => Somebody { name: None, address: from },
    };
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; method=PUBLISH; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"hubs.ics\""),
    ];
    (headers, entry.text(organiser, None, app.clock.now())).into_response()
}

/// To the page of what was done, by a link that knows of it.
pub(super) async fn go_on(app: &App, page: &str, link: Link) -> Result<Response, PageError> {
    let token = link.seal(parts::secret(app).await?.as_bytes());
    Ok(Redirect::to(&format!("/{page}/{token}?done")).into_response())
}

/// Why nothing was done, for somebody who looks at a page.
pub(super) fn explained(refusal: Refusal) -> Refusal {
    if refusal.code != RefusalCode::Stale {
        return refusal;
    }
    let message = "Somebody changed this while you had the page open. This is how it stands now; \
                   please look at it again.";
    Refusal { field: None, message: message.to_owned(), ..refusal }
}
