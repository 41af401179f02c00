//! Which mails somebody receives, and when.

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveTime;
use entity::audit::{self, Deed};
use entity::messages::{choices, unwanted_mail};
use entity::people::{person, principal};
use rules::calendar::time_in_words;
use rules::messages::MessageKind;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::Opened;
use super::parts::{PageError, page};
use super::unsubscribe::name;
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
    /// The optional kinds that this person could get.
    kinds: Vec<Kind>,
    saved: bool,
    error: Option<&'static str>,
}

/// A digest time on offer.
struct Time {
    minute: u32,
    words: String,
    chosen: bool,
}

/// An optional kind of mail on offer.
struct Kind {
    /// As text.
    word: &'static str,
    words: &'static str,
    chosen: bool,
}

/// What the form sends, field by field. A box that is not ticked is not sent, `form` always is.
type Choice = Vec<(String, String)>;

/// `GET /preferences/{token}`
pub(super) async fn show(
    State(app): State<App>,
    link: Opened,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let person = find(&app, &link).await?;
    let saved = query.as_deref() == Some("saved");
    let kinds = kinds(&app, person.id).await?;
    Ok(page(StatusCode::OK, &view(&person, kinds, saved, None))?)
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
    let sent = |field: &str| choice.iter().find(|(name, _)| name == field);
    let kinds = kinds(&app, person.id).await?;
    let refuse = |kinds, error| {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Ok(page(status, &view(&person, kinds, false, Some(error)))?)
    };
    // Without it nobody knows whether the boxes that are not there were left empty or never shown.
    let (Some(_), Some((_, time))) = (sent("form"), sent("digest_minute")) else {
        return refuse(kinds, "Something was sent that is not this form: fill it in here.");
    };
    let Some(minute) = minute(time) else {
        return refuse(kinds, "Choose one of the times on offer.");
    };
    let chosen = (minute, sent("optional_mail").is_some());
    let row = person::ActiveModel {
        id: Unchanged(person.id),
        digest_minute: Set(chosen.0),
        optional_mail: Set(chosen.1),
        ..Default::default()
    };
    let txn = app.db.write().await?;
    row.update(&txn).await?;
    let mut changed = chosen != (person.digest_minute, person.optional_mail);
    for (kind, _) in kinds {
        let wanted = choice.iter().any(|(name, value)| name == "kind" && *value == text(kind));
        changed |= choices::choose(&txn, app.clock.now(), person.id, kind, wanted).await?;
    }
    if changed {
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

fn text(kind: MessageKind) -> &'static str {
    kind.into()
}

/// The optional kinds that somebody's roles would bring them, each with whether they want it.
async fn kinds(app: &App, person_id: Uuid) -> Result<Vec<(MessageKind, bool)>, PageError> {
    let viewer = principal::viewer(app.db.reader(), person_id).await?;
    let unwanted = unwanted_mail::Entity::find()
        .filter(unwanted_mail::Column::PersonId.eq(person_id))
        .all(app.db.reader())
        .await?;
    let is_theirs = |kind: &MessageKind| match kind {
        MessageKind::HubWeek => !viewer.hubs.is_empty(),
        MessageKind::AlertDigest => viewer.admin,
        MessageKind::Bulletin => !viewer.settings.is_empty(),
        _ => false,
    };
    let kinds = MessageKind::optional().filter(is_theirs);
    Ok(kinds.map(|kind| (kind, unwanted.iter().all(|row| row.kind != text(kind)))).collect())
}

fn in_words(minute: u32) -> String {
    NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0)
        .map(time_in_words)
        .unwrap_or_default()
}

fn view(
    person: &person::Model,
    kinds: Vec<(MessageKind, bool)>,
    saved: bool,
    error: Option<&'static str>,
) -> Page {
    let kinds = kinds.into_iter();
    let kinds =
        kinds.map(|(kind, chosen)| Kind { word: text(kind), words: name(kind), chosen }).collect();
    let chosen = person.digest_minute.and_then(|minute| u32::try_from(minute).ok());
    let times = offered().map(|minute| Time {
        minute,
        words: in_words(minute),
        chosen: chosen == Some(minute),
    });
    Page {
        times: times.collect(),
        usual: chosen.is_none(),
        optional_mail: person.optional_mail,
        kinds,
        saved,
        error,
    }
}
