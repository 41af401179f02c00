//! One booking: see the event and how to join it, change the number of places, give them up, book
//! again, take it into a calendar.

use askama::Template;
use chrono::{DateTime, Utc};
use entity::audit::{self, Deed as Done};
use entity::events::{Book, book, booking, cancel_booking, change_booking};
use entity::messages::notices::BookingView;
use entity::messages::notices::bookings::look;
use entity::outcome::{Refusal, RefusalCode, StoreError};
use entity::scope::{Scope, Viewer};
use rules::calendar::when;
use rules::events::BookingState;
use rules::events::places::MOST_PLACES;
use rules::links::{Purpose, Told};
use rules::messages::entry::Entry;
use rules::messages::fact::Fact;
use rules::messages::notices::CalendarMethod;
use sea_orm::{ConnectionTrait, EntityTrait as _};
use serde::Deserialize;
use uuid::Uuid;

use super::arranged::{Arranged, Showing};
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

impl Arranged for BookingView {
    const PAGE: &'static str = "b";
    type Answer = Answer;

    fn id_in(purpose: Purpose) -> Option<Uuid> {
        match purpose {
            Purpose::Booking(id, _) => Some(id),
            _ => None,
        }
    }

    async fn look(
        db: &impl ConnectionTrait,
        id: Uuid,
        reader: Uuid,
    ) -> Result<Option<Self>, StoreError> {
        look(db, id, reader).await
    }

    fn is_theirs(&self) -> bool {
        self.is_theirs
    }

    fn purpose(&self) -> Purpose {
        Purpose::Booking(self.booking.id, Told::of(self.revision))
    }

    fn ends_at(&self) -> DateTime<Utc> {
        self.event.ends_at
    }

    fn calendar_entry(&self) -> Option<Entry> {
        // For those who have places.
        (self.state == BookingState::Booked).then(|| self.entry(CalendarMethod::Publish))
    }

    fn as_it_stands(&self) -> Answer {
        Answer { places: self.booking.places.to_string(), ..Answer::default() }
    }

    fn shown(&self, showing: Showing<Answer>) -> impl Template {
        let Showing { now, done, changed, calendar, entered, error } = showing;
        let is_open = self.event.cancelled_at.is_none() && self.event.starts_at > now;
        let (status, status_class, advice) = status(self, now);
        Page {
            title: self.event.title.clone(),
            done: done.then(|| done_in_words(self.state)),
            changed,
            status,
            status_class,
            advice,
            facts: facts(self),
            may_change: is_open && self.state != BookingState::Cancelled,
            may_book: is_open && self.state == BookingState::Cancelled,
            waits: self.state == BookingState::Waiting,
            calendar,
            version: self.booking.version,
            most: MOST_PLACES,
            entered,
            error,
        }
    }

    async fn carry_out(
        &self,
        app: &App,
        reader: Uuid,
        answer: &Answer,
    ) -> Result<Uuid, StoreError> {
        let now = app.clock.now();
        // For the partner of this booking, and nothing else.
        let settings = vec![self.setting_id];
        let scope = Scope::Viewer(Viewer { person_id: reader, settings, now, ..Viewer::default() });
        let (id, expected_version) = (self.booking.id, Some(answer.version));
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
                let (event_id, enrolment_id) = (self.event.id, self.booking.enrolment_id);
                let wish = Book { event_id, enrolment_id, places: answer.places()? };
                ("bookingCreate", book(&txn, &scope, Some(reader), now, wish).await?)
            }
        };
        let changes = changes::between(before.as_ref(), Some(&row));
        // Sending the same again is no deed.
        if !changes.is_empty() {
            let node = Some(("Booking", row.id));
            let done = Done { action, node, changes, ..Done::default() };
            audit::record(&txn, Some(reader), now, done).await?;
        }
        txn.commit().await?;
        Ok(row.id)
    }

    fn is_done(&self, answer: &Answer) -> bool {
        match answer.deed {
            Deed::Cancel => self.state == BookingState::Cancelled,
            Deed::Change => answer.places().is_ok_and(|places| places == self.booking.places),
            Deed::Book => false,
        }
    }
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
