//! One obligation: see where it stands, report it done.

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, NaiveDate, Utc};
use entity::audit::{self, Deed};
use entity::enrolments::{enrolment_change, obligation, record_met};
use entity::hubs::hub;
use entity::messages::facts::{self, Book, Fact};
use entity::outcome::{Refusal, StoreError};
use entity::people::{contact, person, role_grant};
use entity::scope::Scope;
use rules::calendar::{in_words, local, time_in_words};
use rules::commitments::{Action, ObligationState, is_overdue};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _,
};
use serde::Deserialize;
use uuid::Uuid;

use super::Opened;
use super::parts::{PageError, page};
use crate::app::App;
use crate::audit::changes;

/// The page.
#[derive(Template)]
#[template(path = "pages/obligation.html")]
struct Page {
    title: String,
    how: Option<String>,
    setting: String,
    hub: String,
    due: String,
    status: &'static str,
    status_class: &'static str,
    explanation: Option<String>,
    met_on: Option<String>,
    recorded_by: Option<String>,
    note: Option<String>,
    can_report: bool,
    /// Today, as a date field wants it.
    today: String,
    entered_day: String,
    entered_note: String,
    error: Option<Refusal>,
}

impl Page {
    fn error_of(&self, field: &str) -> Option<&str> {
        let error = self.error.as_ref()?;
        (error.field == Some(field)).then_some(&error.message)
    }
}

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Report {
    #[serde(default)]
    met_on: String,
    #[serde(default)]
    note: String,
}

/// `GET /o/{token}`
pub(super) async fn show(State(app): State<App>, link: Opened) -> Result<Response, PageError> {
    let fact = find(&app, &link).await?;
    let page_of = view(&app, fact, None, None).await?;
    Ok(page(StatusCode::OK, &page_of)?)
}

/// `POST /o/{token}`. Once it is met, sending a report changes nothing and shows the record.
pub(super) async fn report(
    State(app): State<App>,
    link: Opened,
    form: Result<Form<Report>, FormRejection>,
) -> Result<Response, PageError> {
    find(&app, &link).await?;
    let Ok(Form(report)) = form else {
        return Err(PageError::BadForm);
    };
    let recorded = || Redirect::to(&format!("/o/{}", link.token)).into_response();
    match record(&app, &link, &report).await {
        Ok(()) => {
            app.signal.changed().await;
            Ok(recorded())
        }
        Err(StoreError::Refused(refusal)) => {
            // As it is now: somebody else may have reported it while this form was open.
            let fact = find(&app, &link).await?;
            if fact.rules.state == ObligationState::Met {
                return Ok(recorded());
            }
            let page_of = view(&app, fact, Some(&report), Some(refusal)).await?;
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &page_of)?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn record(app: &App, link: &Opened, report: &Report) -> Result<(), StoreError> {
    let Ok(id) = link.obligation() else {
        return Ok(());
    };
    let met_on = report.met_on.trim();
    let met_on = NaiveDate::parse_from_str(met_on, "%Y-%m-%d").map_err(|_| {
        StoreError::refused(
            entity::outcome::RefusalCode::Invalid,
            Some("metOn"),
            "Give the day it was done, as year, month and day: 2026-10-05.",
        )
    })?;
    let txn = app.db.write_facts().await?;
    let now = app.clock.now();
    let by = Some(link.link.person_id);
    // The link is the right to do this: `find` has seen that its person still has a part in it.
    let before = obligation::Entity::find_by_id(id).one(&txn).await?;
    let after = record_met(&txn, &Scope::System, by, now, id, None, met_on, &report.note).await?;
    let changes = changes::between(before.as_ref(), Some(&after));
    // Sending the same again is no deed.
    if !changes.is_empty() {
        let node = Some(("Obligation", id));
        let deed = Deed { action: "obligationReported", node, changes, ..Deed::default() };
        audit::record(&txn, by, now, deed).await?;
    }
    txn.commit().await?;
    Ok(())
}

/// The link's obligation, if its person still has a part in it.
async fn find(app: &App, link: &Opened) -> Result<Fact, PageError> {
    let id = link.obligation()?;
    let snapshot = app.db.snapshot().await?;
    let book = Book::load(&snapshot).await?;
    let which = Condition::all().add(obligation::Column::Id.eq(id));
    let mut facts = facts::load(&snapshot, &book, app.clock.now(), which).await?;
    snapshot.commit().await?;
    if let Some(fault) = facts.unreadable.remove(&id) {
        return Err(fault.into());
    }
    let fact = facts.read.remove(&id).ok_or(PageError::Unknown)?;
    let person = link.link.person_id;
    if fact.concerns(person) {
        return Ok(fact);
    }
    let moved = match fact.row.enrolment_id {
        Some(enrolment) => led_before(app.db.reader(), enrolment, person).await?,
        None => false,
    };
    Err(if moved { PageError::Moved } else { PageError::Revoked })
}

async fn view(
    app: &App,
    fact: Fact,
    entered: Option<&Report>,
    error: Option<Refusal>,
) -> Result<Page, PageError> {
    let now = app.clock.now();
    let state = fact.rules.state;
    let recorded_by = match fact.row.recorded_by {
        Some(id) => person::Entity::find_by_id(id).one(app.db.reader()).await?,
        None => None,
    };
    let overdue = is_overdue(state, fact.row.due_at, now);
    let (status, status_class, explanation) = status(&fact, overdue);
    let may_report =
        fact.rules.live && matches!(state, ObligationState::Open | ObligationState::Missed);
    let waits = waits(&fact, now).filter(|_| may_report);
    let today = local(now).date().to_string();
    let watch = (fact.action == Action::WatchRecording && state == ObligationState::Open)
        .then(|| "The session has taken place: watching its recording counts.".to_owned());
    Ok(Page {
        can_report: may_report && waits.is_none(),
        how: waits.or(watch),
        due: in_words(fact.row.due_on),
        status,
        status_class,
        explanation,
        met_on: fact.row.met_on.map(in_words),
        recorded_by: recorded_by.map(|person| person.name),
        // A cancelled row's note says why it was: that is its explanation.
        note: fact.row.note.filter(|_| state.is_settled()),
        entered_day: entered.map_or_else(|| today.clone(), |report| report.met_on.clone()),
        entered_note: entered.map_or_else(String::new, |report| report.note.clone()),
        today,
        error,
        title: fact.row.title,
        setting: fact.setting_name,
        hub: fact.hub_name,
    })
}

/// Why nobody can have done it yet: its event has not taken place, or its first day not come.
fn waits(fact: &Fact, now: DateTime<Utc>) -> Option<String> {
    if let Some(starts_at) = fact.starts_at.filter(|starts_at| *starts_at > now) {
        let at = local(starts_at);
        let (day, time) = (in_words(at.date()), time_in_words(at.time()));
        return Some(format!(
            "It takes place on {day}, {time}. Once it has taken place, it can be reported done \
             here."
        ));
    }
    let first = fact.row.opens_on.filter(|first| *first > local(now).date())?;
    Some(format!("It can be done, and reported done here, from {} on.", in_words(first)))
}

/// Whether a person led a hub that supported a partner before it moved to another.
async fn led_before(
    db: &impl ConnectionTrait,
    enrolment_id: Uuid,
    person: Uuid,
) -> Result<bool, DbErr> {
    let moves = enrolment_change::Entity::find()
        .filter(enrolment_change::Column::EnrolmentId.eq(enrolment_id))
        .filter(enrolment_change::Column::Kind.eq("transferred"))
        .all(db)
        .await?;
    let hubs: Vec<Uuid> = moves.into_iter().filter_map(|row| row.from_hub_id).collect();
    let granted = role_grant::Entity::find()
        .filter(role_grant::Column::PersonId.eq(person))
        .filter(role_grant::Column::HubId.is_in(hubs.iter().copied()))
        .filter(role_grant::Column::RevokedAt.is_null());
    let leads = Query::select()
        .column(hub::Column::LeadSettingId)
        .from(hub::Entity)
        .and_where(hub::Column::Id.is_in(hubs.iter().copied()))
        .to_owned();
    let named = contact::Entity::find()
        .filter(contact::Column::PersonId.eq(person))
        .filter(contact::Column::SettingId.in_subquery(leads))
        .filter(contact::Column::EndedAt.is_null());
    Ok(granted.one(db).await?.is_some() || named.one(db).await?.is_some())
}

/// Where it stands in a word, how that looks, and what it means where that is not plain.
fn status(fact: &Fact, overdue: bool) -> (&'static str, &'static str, Option<String>) {
    let text = |text: &str| Some(text.to_owned());
    match fact.rules.state {
        ObligationState::Met => ("Done", "good", None),
        ObligationState::Excused => ("Excused", "good", text("Nothing needs to be done.")),
        ObligationState::Cancelled => {
            // Whoever cancelled it wrote down why; it may be any of several reasons.
            let why = fact.row.note.as_deref().unwrap_or("It was withdrawn.");
            ("No longer owed", "calm", Some(format!("{why} Nothing needs to be done.")))
        }
        ObligationState::Missed => {
            ("Missed", "late", text("Its day has passed. If it was done in time, report it below."))
        }
        ObligationState::Open if !fact.rules.live => (
            "On hold",
            "calm",
            text("The school is paused or closed. Nothing needs to be done now."),
        ),
        ObligationState::Open if overdue => ("Overdue", "late", None),
        ObligationState::Open => ("To do", "calm", None),
    }
}
