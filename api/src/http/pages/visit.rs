//! One visit: see when and what for, agree to its time, name another, call it off, take it into a
//! calendar.

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use entity::audit::{self, Deed as Done};
use entity::messages::notices::VisitView;
use entity::messages::notices::visits::look;
use entity::outcome::{Refusal, RefusalCode, StoreError};
use entity::scope::{Scope, Viewer};
use entity::visits::{self, Agree, Cancel, Proposal, Reschedule, visit};
use rules::calendar::{day_in_words, local, moment, when};
use rules::links::{Link, Purpose, Told};
use rules::messages::fact::Fact;
use rules::messages::notices::CalendarMethod;
use rules::visits::{Party, Slot, VisitState, in_words, support_time_in_words};
use sea_orm::EntityTrait as _;
use serde::Deserialize;

use super::Opened;
use super::arranged::{explained, file, go_on};
use super::parts::{PageError, page};
use crate::app::App;
use crate::audit::changes;

/// The page.
#[derive(Template)]
#[template(path = "pages/visit.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is a question that the template asks")]
struct Page {
    title: String,
    /// What was just done.
    done: Option<&'static str>,
    /// Whether the mail told of something else.
    changed: bool,
    status: &'static str,
    status_class: &'static str,
    advice: Option<&'static str>,
    facts: Vec<Fact>,
    may_agree: bool,
    /// Whether another time can be named and the visit be called off.
    may_change: bool,
    /// Whether a cancelled visit can be proposed anew.
    may_propose: bool,
    /// Where the entry for a calendar is, if there is one.
    calendar: Option<String>,
    version: i32,
    several_days: bool,
    /// What was entered, or what stands.
    entered: Answer,
    error: Option<Refusal>,
}

impl Page {
    fn error_of(&self, fields: &[&str]) -> Option<&str> {
        let error = self.error.as_ref()?;
        error.field.filter(|field| fields.contains(field)).map(|_| error.message.as_str())
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
    Agree,
    Move,
    Cancel,
    Propose,
}

/// What they send.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Answer {
    deed: Deed,
    version: i32,
    #[serde(default)]
    day: String,
    #[serde(default)]
    last_day: String,
    #[serde(default)]
    starts: String,
    #[serde(default)]
    ends: String,
    #[serde(default)]
    reason: String,
}

impl Answer {
    /// As a visit stands, in London.
    fn of(view: &VisitView) -> Self {
        let (start, end) = (local(view.visit.starts_at), local(view.visit.ends_at));
        let time = |at: NaiveDateTime| at.format("%H:%M").to_string();
        Self {
            version: view.visit.version,
            day: start.date().to_string(),
            last_day: end.date().to_string(),
            starts: time(start),
            ends: time(end),
            ..Self::default()
        }
    }

    fn slot(&self) -> Result<Slot, StoreError> {
        let (day, last_day) = (self.day.trim(), self.last_day.trim());
        let last_day = if last_day.is_empty() { day } else { last_day };
        Ok(Slot {
            starts_at: at(day, &self.starts, "startsAt")?,
            ends_at: at(last_day, &self.ends, "endsAt")?,
        })
    }
}

fn at(day: &str, time: &str, field: &'static str) -> Result<DateTime<Utc>, StoreError> {
    let day = NaiveDate::parse_from_str(day, "%Y-%m-%d");
    let time = NaiveTime::parse_from_str(time.trim(), "%H:%M");
    if let Some((day, time)) = day.ok().zip(time.ok()) {
        return Ok(moment(day.and_time(time)));
    }
    let message = "Give a day and times, such as 2026-10-19, from 09:00 to 12:00.";
    Err(StoreError::refused(RefusalCode::Invalid, Some(field), message))
}

/// `GET /v/{token}`
pub(super) async fn show(
    State(app): State<App>,
    link: Opened,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let view = find(&app, &link).await?;
    let done = query.as_deref() == Some("done");
    Ok(page(StatusCode::OK, &shown(&app, &link, &view, done, None)?)?)
}

/// `GET /v/{token}/calendar.ics`, while both sides stand by the time.
pub(super) async fn calendar(State(app): State<App>, link: Opened) -> Result<Response, PageError> {
    let view = find(&app, &link).await?;
    if view.state != VisitState::Agreed {
        return Err(PageError::Unknown);
    }
    Ok(file(&app, &view.entry(CalendarMethod::Publish)))
}

/// `POST /v/{token}`. Sending it again, once it is done, changes nothing.
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
        Ok(row) => {
            app.signal.changed().await;
            go_on(&app, "v", renewed(&link, &row)).await
        }
        Err(StoreError::Refused(refusal)) => {
            let view = find(&app, &link).await?;
            if is_done(&view, &answer) {
                return go_on(&app, "v", renewed(&link, &view.visit)).await;
            }
            let refused = Some((answer, explained(refusal)));
            let page_of = shown(&app, &link, &view, false, refused)?;
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &page_of)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The link's visit, if its person still has a part in it.
async fn find(app: &App, link: &Opened) -> Result<VisitView, PageError> {
    let (id, _) = link.visit()?;
    let snapshot = app.db.snapshot().await?;
    let view = look(&snapshot, id, link.link.person_id).await?;
    snapshot.commit().await?;
    let view = view.ok_or(PageError::Unknown)?;
    if view.reader.is_none() { Err(PageError::Revoked) } else { Ok(view) }
}

/// The same link, telling of the visit as it is now.
fn renewed(link: &Opened, row: &visit::Model) -> Link {
    let purpose = Purpose::Visit(row.id, Told::of(row.sequence));
    Link { purpose, ..link.link }.at_least_until(local(row.ends_at).date())
}

/// On whose behalf the reader acts: their side of this visit's, and nothing else.
fn scope(view: &VisitView, link: &Opened, now: DateTime<Utc>) -> Scope {
    let (settings, hubs) = match view.reader {
        Some(Party::Partner) => (vec![view.setting_id], Vec::new()),
        Some(Party::Hub) if view.speaks => (Vec::new(), vec![view.visit.hub_id]),
        _ => Default::default(),
    };
    let person_id = link.link.person_id;
    Scope::Viewer(Viewer { person_id, settings, hubs, now, ..Viewer::default() })
}

/// Does what the mutations do, by their rules, and writes it down as they do.
async fn carry_out(
    app: &App,
    link: &Opened,
    view: &VisitView,
    answer: &Answer,
) -> Result<visit::Model, StoreError> {
    let now = app.clock.now();
    let (scope, by) = (scope(view, link, now), Some(link.link.person_id));
    let (visit_id, expected_version) = (view.visit.id, Some(answer.version));
    let reason = answer.reason.clone();
    let txn = app.db.write_facts().await?;
    let before = match answer.deed {
        Deed::Propose => None,
        _ => visit::Entity::find_by_id(visit_id).one(&txn).await?,
    };
    let (action, row) = match answer.deed {
        Deed::Agree => {
            let wish = Agree { visit_id, expected_version, visitor_id: None };
            ("visitAgree", visits::agree(&txn, &scope, by, now, wish).await?)
        }
        Deed::Move => {
            let (slot, half_days, visitor_id) = (answer.slot()?, None, None);
            let wish =
                Reschedule { visit_id, expected_version, slot, half_days, visitor_id, reason };
            ("visitReschedule", visits::reschedule(&txn, &scope, by, now, wish).await?)
        }
        Deed::Cancel => {
            let wish = Cancel { visit_id, expected_version, called_off_by: None, reason };
            ("visitCancel", visits::cancel(&txn, &scope, by, now, wish).await?)
        }
        Deed::Propose => {
            let wish = Proposal {
                enrolment_id: view.visit.enrolment_id,
                kind: view.kind,
                slot: answer.slot()?,
                half_days: view.visit.half_days,
                purpose: view.visit.purpose.clone(),
                visitor_id: None,
            };
            ("visitPropose", visits::propose(&txn, &scope, by, now, wish).await?)
        }
    };
    let changes = changes::between(before.as_ref(), Some(&row));
    let done = Done { action, node: Some(("Visit", row.id)), changes, ..Done::default() };
    audit::record(&txn, by, now, done).await?;
    txn.commit().await?;
    Ok(row)
}

/// Whether the visit stands as the answer wants it: it was sent twice.
fn is_done(view: &VisitView, answer: &Answer) -> bool {
    let time = Slot { starts_at: view.visit.starts_at, ends_at: view.visit.ends_at };
    match answer.deed {
        Deed::Agree => view.state == VisitState::Agreed,
        Deed::Cancel => view.state == VisitState::Cancelled,
        Deed::Move => {
            view.state == VisitState::Proposed
                && view.reader == Some(view.proposed_by)
                && answer.slot().is_ok_and(|slot| slot == time)
        }
        Deed::Propose => false,
    }
}

fn shown(
    app: &App,
    link: &Opened,
    view: &VisitView,
    done: bool,
    refused: Option<(Answer, Refusal)>,
) -> Result<Page, PageError> {
    let now = app.clock.now();
    let (_, told) = link.visit()?;
    let visit = &view.visit;
    let is_ahead = visit.starts_at > now;
    let is_arranged = matches!(view.state, VisitState::Proposed | VisitState::Agreed);
    let (status, status_class, advice) = status(view, is_ahead);
    let (entered, error) = match refused {
        Some((answer, refusal)) => (answer, Some(refusal)),
        None => (Answer::of(view), None),
    };
    let what = in_words(view.kind);
    let mut title = format!("{what}: {} and {}", view.school, view.hub);
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Ok(Page {
        title,
        done: done.then(|| done_in_words(view.state)),
        changed: told != Told::of(visit.sequence),
        status,
        status_class,
        advice,
        may_agree: view.speaks && view.is_asked() && is_ahead,
        may_change: view.speaks && is_arranged && is_ahead,
        may_propose: view.speaks && view.state == VisitState::Cancelled,
        calendar: (view.state == VisitState::Agreed)
            .then(|| format!("/v/{}/calendar.ics", link.token)),
        version: visit.version,
        several_days: local(visit.starts_at).date() != local(visit.ends_at).date(),
        facts: facts(view),
        entered,
        error,
    })
}

/// What was just done, by where it led.
fn done_in_words(state: VisitState) -> &'static str {
    match state {
        VisitState::Agreed => {
            "You have agreed. A mail with the entry for your calendar is on its way."
        }
        VisitState::Proposed => "Your time is named. The other side is asked to agree.",
        VisitState::Cancelled => "It is called off. The other side is told.",
        VisitState::Recorded => "It is done.",
    }
}

/// Where it stands, how that looks, and what it means for the reader.
fn status(view: &VisitView, is_ahead: bool) -> (&'static str, &'static str, Option<&'static str>) {
    let ask = "Only those who lead the hub can answer for it. Please ask them.";
    match view.state {
        VisitState::Cancelled => ("Called off", "late", None),
        VisitState::Recorded => ("It has taken place", "good", None),
        _ if !is_ahead => ("Its time has come", "calm", None),
        VisitState::Agreed => ("Agreed by both sides", "good", None),
        VisitState::Proposed if view.is_asked() && view.speaks => {
            ("Your side is asked to agree", "calm", None)
        }
        VisitState::Proposed if view.is_asked() => {
            ("Your side is asked to agree", "calm", Some(ask))
        }
        VisitState::Proposed => (
            "The other side is asked to agree",
            "calm",
            Some("There is nothing for you to do until they answer."),
        ),
    }
}

fn facts(view: &VisitView) -> Vec<Fact> {
    let visit = &view.visit;
    let time = when(visit.starts_at, visit.ends_at);
    let mut facts = Vec::new();
    match view.before {
        Some((start, end)) if view.state == VisitState::Proposed => {
            facts.push(Fact::new("New time", &time));
            facts.push(Fact::new("Old time", &when(start, end)));
        }
        _ => facts.push(Fact::new("When", &time)),
    }
    facts.push(Fact::new("School or trust", &view.school));
    facts.push(Fact::new("Hub", &view.hub));
    facts.extend(view.visitor.as_deref().map(|name| Fact::new("Who comes", name)));
    facts.push(Fact::new("What for", &visit.purpose));
    facts.push(Fact::new("Support time", &support_time_in_words(visit.half_days)));
    facts.extend(visit.held_on.map(|day| Fact::new("Took place on", &day_in_words(day))));
    let reason = view.reason.as_deref().filter(|_| view.state != VisitState::Agreed);
    facts.extend(reason.map(|reason| Fact::new("Reason", reason)));
    facts
}
