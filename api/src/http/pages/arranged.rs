//! What the pages of visits and of bookings share: looking, doing something about it, and taking it
//! into a calendar.

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use entity::outcome::{Refusal, RefusalCode, StoreError};
use rules::calendar::local;
use rules::links::{Link, Purpose};
use rules::messages::entry::{Entry, Somebody};
use sea_orm::ConnectionTrait;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::Opened;
use super::parts::{self, PageError, page};
use crate::app::App;

/// What two sides arranged, a visit or a booking, as the reader of its page sees it.
pub(super) trait Arranged: Sized {
    /// With what the address of its page begins.
    const PAGE: &'static str;
    /// What the forms of its page send.
    type Answer: DeserializeOwned;

    /// Which one a link is for; none if it is for something else.
    fn id_in(purpose: Purpose) -> Option<Uuid>;

    /// It as somebody sees it; none if it is gone.
    async fn look(
        db: &impl ConnectionTrait,
        id: Uuid,
        reader: Uuid,
    ) -> Result<Option<Self>, StoreError>;

    /// Whether its reader still has a part in it.
    fn is_theirs(&self) -> bool;

    /// What a link is for that tells of it as it is now.
    fn purpose(&self) -> Purpose;

    /// When it ends; its link works until then.
    fn ends_at(&self) -> DateTime<Utc>;

    /// Its entry for a calendar, if it stands so firmly.
    fn calendar_entry(&self) -> Option<Entry>;

    /// What its forms hold before anybody enters anything.
    fn as_it_stands(&self) -> Self::Answer;

    /// Its page.
    fn shown(&self, showing: Showing<Self::Answer>) -> impl Template;

    /// Does what the mutations do, by their rules, and writes it down as they do. Returns which one
    /// its reader has now.
    async fn carry_out(
        &self,
        app: &App,
        reader: Uuid,
        answer: &Self::Answer,
    ) -> Result<Uuid, StoreError>;

    /// Whether it stands as the answer wants it: it was sent twice.
    fn is_done(&self, answer: &Self::Answer) -> bool;
}

/// What a page shows besides the visit or the booking.
pub(super) struct Showing<A> {
    pub now: DateTime<Utc>,
    /// Whether something was just done.
    pub done: bool,
    /// Whether the mail told of something else.
    pub changed: bool,
    /// Where the entry for a calendar is, if there is one.
    pub calendar: Option<String>,
    /// What was entered, or what stands.
    pub entered: A,
    /// Why what was entered is refused.
    pub error: Option<Refusal>,
}

/// `GET /{page}/{token}`
pub(super) async fn show<T: Arranged>(
    State(app): State<App>,
    link: Opened,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let view: T = find(&app, &link).await?;
    let done = query.as_deref() == Some("done");
    Ok(page(StatusCode::OK, &view.shown(showing(&app, &link, &view, done, None)))?)
}

/// `GET /{page}/{token}/calendar.ics`
pub(super) async fn calendar<T: Arranged>(
    State(app): State<App>,
    link: Opened,
) -> Result<Response, PageError> {
    let view: T = find(&app, &link).await?;
    Ok(file(&app, &view.calendar_entry().ok_or(PageError::Unknown)?))
}

/// `POST /{page}/{token}`. Sending it again, once it is done, changes nothing.
pub(super) async fn act<T: Arranged>(
    State(app): State<App>,
    link: Opened,
    form: Result<Form<T::Answer>, FormRejection>,
) -> Result<Response, PageError> {
    let view: T = find(&app, &link).await?;
    let Ok(Form(answer)) = form else {
        return Err(PageError::BadForm);
    };
    let reader = link.link.person_id;
    match view.carry_out(&app, reader, &answer).await {
        Ok(id) => {
            app.signal.changed().await;
            let view = T::look(app.db.reader(), id, reader).await?;
            go_on(&app, &link, &view.ok_or(PageError::Unknown)?).await
        }
        Err(StoreError::Refused(refusal)) => {
            let view: T = find(&app, &link).await?;
            if view.is_done(&answer) {
                return go_on(&app, &link, &view).await;
            }
            let refused = Some((answer, explained(refusal)));
            let page_of = view.shown(showing(&app, &link, &view, false, refused));
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &page_of)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// What the link is for, if its person still has a part in it.
async fn find<T: Arranged>(app: &App, link: &Opened) -> Result<T, PageError> {
    let id = T::id_in(link.link.purpose).ok_or(PageError::Unknown)?;
    let snapshot = app.db.snapshot().await?;
    let view = T::look(&snapshot, id, link.link.person_id).await?;
    snapshot.commit().await?;
    let view = view.ok_or(PageError::Unknown)?;
    if view.is_theirs() { Ok(view) } else { Err(PageError::Revoked) }
}

fn showing<T: Arranged>(
    app: &App,
    link: &Opened,
    view: &T,
    done: bool,
    refused: Option<(T::Answer, Refusal)>,
) -> Showing<T::Answer> {
    let (entered, error) = match refused {
        Some((answer, refusal)) => (answer, Some(refusal)),
        None => (view.as_it_stands(), None),
    };
    let entry = view.calendar_entry();
    Showing {
        now: app.clock.now(),
        done,
        changed: link.link.purpose != view.purpose(),
        calendar: entry.map(|_| format!("/{}/{}/calendar.ics", T::PAGE, link.token)),
        entered,
        error,
    }
}

/// To the page of what was done, by a link that tells of it as it is now.
async fn go_on<T: Arranged>(app: &App, link: &Opened, view: &T) -> Result<Response, PageError> {
    let link = Link { purpose: view.purpose(), ..link.link };
    let link = link.at_least_until(local(view.ends_at()).date());
    let token = link.seal(parts::secret(app).await?.as_bytes());
    Ok(Redirect::to(&format!("/{}/{token}?done", T::PAGE)).into_response())
}

/// An entry as a file for a calendar.
fn file(app: &App, entry: &Entry) -> Response {
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

/// Why nothing was done, for somebody who looks at a page.
fn explained(refusal: Refusal) -> Refusal {
    if refusal.code != RefusalCode::Stale {
        return refusal;
    }
    let message = "Somebody changed this while you had the page open. This is how it stands now; \
                   please look at it again.";
    Refusal { field: None, message: message.to_owned(), ..refusal }
}
