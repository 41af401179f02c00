//! One booking: see the event and how to join it, change the number of places, give them up, book
//! again, take it into a calendar.

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use entity::audit::{self, Deed as Done};
use entity::events::{Book, book, booking, cancel_booking, change_booking};
use entity::messages::notices::BookingView;
use entity::messages::notices::bookings::look;
use entity::outcome::{Refusal, RefusalCode, StoreError};
use entity::scope::{Scope, Viewer};
use rules::calendar::{local, when};
use rules::events::BookingState;
use rules::events::places::MOST_PLACES;
use rules::links::{Link, Purpose, Told};
use rules::messages::fact::Fact;
use rules::messages::notices::CalendarMethod;
use sea_orm::EntityTrait as _;
use serde::Deserialize;

use super::Opened;
use super::arranged::{explained, file, go_on};
use super::parts::{PageError, page};
use crate::app::App;
use crate::audit::changes;

/// Why a booking is given up where nobody says why.
const NO_REASON: &str = "No reason was given.";

/// The page.
#[derive(Template)]
#[template(path = "pages/booking.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is a question that the template asks")]
struct Page {
    title: String,
    /// What was just done.
    done: Option<&'static str>,
    /// Whether the mail told of something else.
    changed: bool,
    status: String,
    status_class: &'static str,
    advice: Option<&'static str>,
    facts: Vec<Fact>,
    /// Whether places can be given up, and their number be changed.
    may_change: bool,
    /// Whether a booking that was given up can be made again.
    may_book: bool,
    waits: bool,
    /// Where the entry for a calendar is, if there is one.
    calendar: Option<String>,
    version: i32,
    most: i32,
    /// What was entered, or what stands.
    entered: Answer,
    error: Option<Refusal>,
}

impl Page {
    fn error_of(&self, field: &str) -> Option<&str> {
        let error = self.error.as_ref()?;
        (error.field == Some(field)).then_some(&error.message)
    }

    /// Whether the form of this deed is the one that was refused.
    fn is_refused(&self, deed: Deed) -> bool {
        self.error.is_some() && self.entered.deed == deed
    }
}

/// What the forms do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Deed {
    #[default]
    Cancel,
    Change,
    Book,
}

/// What they send.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Answer {
    deed: Deed,
    version: i32,
    #[serde(default)]
    places: String,
    #[serde(default)]
    reason: String,
}

impl Answer {
    fn places(&self) -> Result<i32, StoreError> {
        self.places.trim().parse().map_err(|_| {
            let message = format!("Give a number of places, from 1 to {MOST_PLACES}.");
            StoreError::refused(RefusalCode::Invalid, Some("places"), message)
        })
    }
}

/// `GET /b/{token}`
pub(super) async fn show(
    State(app): State<App>,
    link: Opened,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let view = find(&app, &link).await?;
    let done = query.as_deref() == Some("done");
    Ok(page(StatusCode::OK, &shown(&app, &link, &view, done, None)?)?)
}

/// `GET /b/{token}/calendar.ics`, for those who have places.
pub(super) async fn calendar(State(app): State<App>, link: Opened) -> Result<Response, PageError> {
    let view = find(&app, &link).await?;
    if view.state != BookingState::Booked {
        return Err(PageError::Unknown);
    }
    Ok(file(&app, &view.entry(CalendarMethod::Publish)))
}

/// `POST /b/{token}`. Sending it again, once it is done, changes nothing.
pub(super) async fn act(
    State(app): State<App>,
    link: Opened,
    form: Result<Form<Answer>, FormRejection>,
) -> Result<Response, PageError> {
    let view = find(&app, &link).await?;
    let Ok(Form(answer)) = form else {
        return Err(PageError::BadForm);
    };
    match carry_out(&app, &link, &view, &answer).await {
        Ok(id) => {
            app.signal.changed().await;
            let view = look(app.db.reader(), id, link.link.person_id).await?;
            go_on(&app, "b", renewed(&link, &view.ok_or(PageError::Unknown)?)).await
        }
        Err(StoreError::Refused(refusal)) => {
            let view = find(&app, &link).await?;
            if is_done(&view, &answer) {
                return go_on(&app, "b", renewed(&link, &view)).await;
            }
            let refused = Some((answer, explained(refusal)));
            let page_of = shown(&app, &link, &view, false, refused)?;
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &page_of)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The link's booking, if its person is still one of those who hear of it.
async fn find(app: &App, link: &Opened) -> Result<BookingView, PageError> {
    let (id, _) = link.booking()?;
    let snapshot = app.db.snapshot().await?;
    let view = look(&snapshot, id, link.link.person_id).await?;
    snapshot.commit().await?;
    let view = view.ok_or(PageError::Unknown)?;
    if view.is_theirs { Ok(view) } else { Err(PageError::Revoked) }
}

/// The same link, telling of the booking as it is now.
fn renewed(link: &Opened, view: &BookingView) -> Link {
    let purpose = Purpose::Booking(view.booking.id, Told::of(view.revision));
    Link { purpose, ..link.link }.at_least_until(local(view.event.ends_at).date())
}

/// Does what the mutations do, by their rules, and writes it down as they do. Returns the booking that
/// the reader has now.
async fn carry_out(
    app: &App,
    link: &Opened,
    view: &BookingView,
    answer: &Answer,
) -> Result<uuid::Uuid, StoreError> {
    let (now, by) = (app.clock.now(), link.link.person_id);
    // For the partner of this booking, and nothing else.
    let settings = vec![view.setting_id];
    let scope = Scope::Viewer(Viewer { person_id: by, settings, now, ..Viewer::default() });
    let (id, expected_version) = (view.booking.id, Some(answer.version));
    let txn = app.db.write_facts().await?;
    let before = match answer.deed {
        Deed::Book => None,
        Deed::Cancel | Deed::Change => booking::Entity::find_by_id(id).one(&txn).await?,
    };
    let (action, row) = match answer.deed {
        Deed::Cancel => {
            let reason = Some(answer.reason.trim()).filter(|reason| !reason.is_empty());
            let reason = reason.unwrap_or(NO_REASON);
            let row = cancel_booking(&txn, &scope, now, id, expected_version, reason).await?;
            ("bookingCancel", row)
        }
        Deed::Change => {
            let places = answer.places()?;
            let row = change_booking(&txn, &scope, now, id, expected_version, places).await?;
            ("bookingChange", row)
        }
        Deed::Book => {
            let (event_id, enrolment_id) = (view.event.id, view.booking.enrolment_id);
            let wish = Book { event_id, enrolment_id, places: answer.places()? };
            ("bookingCreate", book(&txn, &scope, Some(by), now, wish).await?)
        }
    };
    let changes = changes::between(before.as_ref(), Some(&row));
    // Sending the same again is no deed.
    if !changes.is_empty() {
        let node = Some(("Booking", row.id));
        let done = Done { action, node, changes, ..Done::default() };
        audit::record(&txn, Some(by), now, done).await?;
    }
    txn.commit().await?;
    Ok(row.id)
}

/// Whether the booking stands as the answer wants it: it was sent twice.
fn is_done(view: &BookingView, answer: &Answer) -> bool {
    match answer.deed {
        Deed::Cancel => view.state == BookingState::Cancelled,
        Deed::Change => answer.places().is_ok_and(|places| places == view.booking.places),
        Deed::Book => false,
    }
}

fn shown(
    app: &App,
    link: &Opened,
    view: &BookingView,
    done: bool,
    refused: Option<(Answer, Refusal)>,
) -> Result<Page, PageError> {
    let now = app.clock.now();
    let (_, told) = link.booking()?;
    let event = &view.event;
    let is_open = event.cancelled_at.is_none() && event.starts_at > now;
    let (status, status_class, advice) = status(view, now);
    let (entered, error) = if let Some((answer, refusal)) = refused {
        (answer, Some(refusal))
    } else {
        let places = view.booking.places.to_string();
        (Answer { places, ..Answer::default() }, None)
    };
    Ok(Page {
        title: event.title.clone(),
        done: done.then(|| done_in_words(view.state)),
        changed: told != Told::of(view.revision),
        status,
        status_class,
        advice,
        may_change: is_open && view.state != BookingState::Cancelled,
        may_book: is_open && view.state == BookingState::Cancelled,
        waits: view.state == BookingState::Waiting,
        calendar: (view.state == BookingState::Booked)
            .then(|| format!("/b/{}/calendar.ics", link.token)),
        version: view.booking.version,
        most: MOST_PLACES,
        facts: facts(view),
        entered,
        error,
    })
}

/// What was just done, by where it led.
fn done_in_words(state: BookingState) -> &'static str {
    match state {
        BookingState::Booked => "It is booked so.",
        BookingState::Waiting => {
            "You are on the waiting list, and hear from us at once if places come free."
        }
        BookingState::Cancelled => "The places are given up. Thank you for telling us.",
    }
}

/// Where it stands, how that looks, and what it means for the reader.
fn status(view: &BookingView, now: DateTime<Utc>) -> (String, &'static str, Option<&'static str>) {
    let places = match view.booking.places {
        1 => "1 place".to_owned(),
        places => format!("{places} places"),
    };
    if view.event.cancelled_at.is_some() {
        return ("It does not take place".to_owned(), "late", None);
    }
    match view.state {
        BookingState::Cancelled => (format!("{places} given up"), "calm", None),
        _ if view.event.ends_at <= now => ("It has taken place".to_owned(), "calm", None),
        BookingState::Booked => (format!("{places} booked"), "good", None),
        BookingState::Waiting => (
            format!("On the waiting list for {places}"),
            "calm",
            Some("If places come free you get them, and a mail that says so."),
        ),
    }
}

fn facts(view: &BookingView) -> Vec<Fact> {
    let event = &view.event;
    let mut facts = vec![Fact::new("When", &when(event.starts_at, event.ends_at))];
    let mut add = |label, text: Option<&str>| {
        facts.extend(text.map(|text| Fact::new(label, text)));
    };
    add("Where", event.place.as_deref());
    // How to join is for those who will.
    let joins = view.state == BookingState::Booked;
    add("How to join", event.joining_details.as_deref().filter(|_| joins));
    add("For", Some(&view.school));
    add("Hosted by", Some(view.host.as_deref().unwrap_or(&view.programme)));
    add("What it is about", event.summary.as_deref());
    let reason = if event.cancelled_at.is_some() {
        event.cancellation_reason.as_deref()
    } else {
        view.booking.cancellation_reason.as_deref()
    };
    add("Reason", reason);
    facts
}
