//! Which mails somebody receives, and when.

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use entity::audit::{self, Deed};
use entity::people::person;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ActiveModelTrait as _, EntityTrait as _};
use serde::Deserialize;

use super::Opened;
use super::parts::{PageError, page};
use crate::app::App;

/// Earliest and latest digest time on offer, in minutes after midnight: outside quiet hours.
const EARLIEST: u32 = 7 * 60 + 30;
const LATEST: u32 = 17 * 60 + 30;

/// The page.
#[derive(Template)]
#[template(path = "pages/preferences.html")]
struct Page {
    times: Vec<Time>,
    /// Whether the programme's time applies.
    usual: bool,
    optional_mail: bool,
    saved: bool,
    error: Option<&'static str>,
}

/// A digest time on offer.
struct Time {
    minute: u32,
    words: String,
    chosen: bool,
}

/// What the form sends. A box that is not ticked is not sent.
#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    digest_minute: String,
    optional_mail: Option<String>,
}

/// `GET /preferences/{token}`
pub(super) async fn show(
    State(app): State<App>,
    link: Opened,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let person = find(&app, &link).await?;
    let saved = query.as_deref() == Some("saved");
    Ok(page(StatusCode::OK, &view(&person, saved, None))?)
}

/// `POST /preferences/{token}`. Sending it again changes nothing.
pub(super) async fn choose(
    State(app): State<App>,
    link: Opened,
    form: Result<Form<Choice>, FormRejection>,
) -> Result<Response, PageError> {
    let person = find(&app, &link).await?;
    let Ok(Form(choice)) = form else {
        return Err(PageError::BadForm);
    };
    let Some(minute) = minute(&choice.digest_minute) else {
        let error = Some("Choose one of the times on offer.");
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(page(status, &view(&person, false, error))?);
    };
    let chosen = (minute, choice.optional_mail.is_some());
    let row = person::ActiveModel {
        id: Unchanged(person.id),
        digest_minute: Set(chosen.0),
        optional_mail: Set(chosen.1),
        ..Default::default()
    };
    let txn = app.db.write().await?;
    row.update(&txn).await?;
    if chosen != (person.digest_minute, person.optional_mail) {
        let node = Some(("Person", person.id));
        let detail = "Which mails come, and when.";
        let deed = Deed { action: "preferencesChosen", node, detail, ..Deed::default() };
        audit::record(&txn, Some(person.id), app.clock.now(), deed).await?;
    }
    txn.commit().await?;
    app.signal.changed().await;
    Ok(Redirect::to(&format!("/preferences/{}?saved", link.token)).into_response())
}

/// The time chosen: empty for the programme's own. Nothing when it is not on offer.
#[expect(
    clippy::option_option,
    reason = "no choice of a time is a choice too, and a time not on offer is none"
)]
fn minute(text: &str) -> Option<Option<i32>> {
    if text.is_empty() {
        return Some(None);
    }
    let minute: u32 = text.parse().ok()?;
    offered().any(|offer| offer == minute).then(|| i32::try_from(minute).ok())
}

fn offered() -> impl Iterator<Item = u32> {
    (EARLIEST..=LATEST).step_by(30)
}

async fn find(app: &App, link: &Opened) -> Result<person::Model, PageError> {
    link.is_for_preferences()?;
    let person = person::Entity::find_by_id(link.link.person_id);
    let person = person.one(app.db.reader()).await?;
    person.ok_or(PageError::Revoked)
}

fn view(person: &person::Model, saved: bool, error: Option<&'static str>) -> Page {
    let chosen = person.digest_minute.and_then(|minute| u32::try_from(minute).ok());
    let times = offered().map(|minute| Time {
        minute,
        words: format!("{:02}:{:02}", minute / 60, minute % 60),
        chosen: chosen == Some(minute),
    });
    Page {
        times: times.collect(),
        usual: chosen.is_none(),
        optional_mail: person.optional_mail,
        saved,
        error,
    }
}
