//! No more mails of an optional kind: the page that the link in such a mail opens, and the address
//! that mail programs post to by themselves (RFC 8058).

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use entity::audit::{self, Deed};
use entity::messages::choices;
use entity::people::person;
use rules::messages::MessageKind;
use sea_orm::EntityTrait as _;

use super::Opened;
use super::parts::{PageError, page};
use crate::app::App;

/// What a kind is called where people choose.
pub(super) fn name(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::HubWeek => "The week of my hub, on its first working day",
        MessageKind::AlertDigest => "What became of alerts, on days when something did",
        MessageKind::Bulletin => "What my hub writes to all its partners",
        _ => "Other mails",
    }
}

/// The page.
#[derive(Template)]
#[template(path = "pages/unsubscribe.html")]
struct Page<'a> {
    what: &'a str,
    /// Whether they are not sent any more.
    done: bool,
    preferences: String,
}

/// `GET /preferences/{token}/unsubscribe/{kind}`. Shows what a POST would do.
pub(super) async fn show(
    State(app): State<App>,
    Path((token, kind)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let (kind, link, person) = open(&app, token, &kind).await?;
    let done = !choices::wants(app.db.reader(), &person, kind).await?;
    shown(kind, &link, done)
}

/// `POST /preferences/{token}/unsubscribe/{kind}`. Whatever is sent with it, it means one thing;
/// sending it again changes nothing.
pub(super) async fn act(
    State(app): State<App>,
    Path((token, kind)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let (kind, link, person) = open(&app, token, &kind).await?;
    let now = app.clock.now();
    let txn = app.db.write().await?;
    if choices::choose(&txn, now, person.id, kind, false).await? {
        let node = Some(("Person", person.id));
        let detail = "No more mails of an optional kind.";
        let deed = Deed { action: "preferencesChosen", node, detail, ..Deed::default() };
        audit::record(&txn, Some(person.id), now, deed).await?;
    }
    txn.commit().await?;
    app.signal.changed().await;
    shown(kind, &link, true)
}

async fn open(
    app: &App,
    token: String,
    kind: &str,
) -> Result<(MessageKind, Opened, person::Model), PageError> {
    let link = Opened::read(app, token).await?;
    link.is_for_preferences()?;
    let kind: Option<MessageKind> = kind.parse().ok();
    let kind = kind.filter(|kind| kind.is_optional()).ok_or(PageError::Unknown)?;
    let person = person::Entity::find_by_id(link.link.person_id).one(app.db.reader()).await?;
    Ok((kind, link, person.ok_or(PageError::Revoked)?))
}

fn shown(kind: MessageKind, link: &Opened, done: bool) -> Result<Response, PageError> {
    let preferences = format!("/preferences/{}", link.token);
    Ok(page(StatusCode::OK, &Page { what: name(kind), done, preferences })?)
}
