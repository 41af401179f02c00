//! One visit: see when and what for, agree to its time, name another, call it off, take it into a
//! calendar.

use askama::Template;
use chrono::{DateTime, NaiveDateTime, Utc};
use entity::audit::{self, Deed as Done};
use entity::messages::notices::VisitView;
use entity::messages::notices::visits::look;
use entity::outcome::{Refusal, StoreError};
use entity::scope::{Scope, Viewer};
use entity::visits::{self, Agree, Cancel, Proposal, Reschedule, visit};
use rules::calendar::{day_in_words, local, when};
use rules::links::{Purpose, Told};
use rules::messages::entry::Entry;
use rules::messages::fact::Fact;
use rules::messages::notices::CalendarMethod;
use rules::visits::{Party, Slot, VisitState, in_words, support_time_in_words};
use sea_orm::{ConnectionTrait, EntityTrait as _};
use uuid::Uuid;

use super::arranged::{Arranged, Showing};
use super::visit_form::{Answer, Deed};
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

/// On whose behalf the reader acts: their side of this visit's, and nothing else.
fn scope(view: &VisitView, person_id: Uuid, now: DateTime<Utc>) -> Scope {
    let (settings, hubs) = match view.reader {
        Some(Party::Partner) => (vec![view.setting_id], Vec::new()),
        Some(Party::Hub) if view.speaks => (Vec::new(), vec![view.visit.hub_id]),
        _ => Default::default(),
    };
    Scope::Viewer(Viewer { person_id, settings, hubs, now, ..Viewer::default() })
}

impl Arranged for VisitView {
    const PAGE: &'static str = "v";
    type Answer = Answer;

    fn id_in(purpose: Purpose) -> Option<Uuid> {
        match purpose {
            Purpose::Visit(id, _) => Some(id),
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
        self.reader.is_some()
    }

    fn purpose(&self) -> Purpose {
        Purpose::Visit(self.visit.id, Told::of(self.visit.sequence))
    }

    fn ends_at(&self) -> DateTime<Utc> {
        self.visit.ends_at
    }

    fn calendar_entry(&self) -> Option<Entry> {
        // While both sides stand by the time.
        (self.state == VisitState::Agreed).then(|| self.entry(CalendarMethod::Publish))
    }

    /// In London.
    fn as_it_stands(&self) -> Answer {
        let (start, end) = (local(self.visit.starts_at), local(self.visit.ends_at));
        let time = |at: NaiveDateTime| at.format("%H:%M").to_string();
        Answer {
            version: self.visit.version,
            day: start.date().to_string(),
            last_day: end.date().to_string(),
            starts: time(start),
            ends: time(end),
            ..Answer::default()
        }
    }

    fn shown(&self, showing: Showing<Answer>) -> impl Template {
        let Showing { now, done, changed, calendar, entered, error } = showing;
        let visit = &self.visit;
        let is_ahead = visit.starts_at > now;
        let is_arranged = matches!(self.state, VisitState::Proposed | VisitState::Agreed);
        let (status, status_class, advice) = status(self, is_ahead);
        let mut title = format!("{}: {} and {}", in_words(self.kind), self.school, self.hub);
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Page {
            title,
            done: done.then(|| done_in_words(self.state)),
            changed,
            status,
            status_class,
            advice,
            facts: facts(self),
            may_agree: self.speaks && self.is_asked() && is_ahead,
            may_change: self.speaks && is_arranged && is_ahead,
            may_propose: self.speaks && self.state == VisitState::Cancelled,
            calendar,
            version: visit.version,
            several_days: local(visit.starts_at).date() != local(visit.ends_at).date(),
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
        let (scope, by) = (scope(self, reader, now), Some(reader));
        let (visit_id, expected_version) = (self.visit.id, Some(answer.version));
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
                    enrolment_id: self.visit.enrolment_id,
                    kind: self.kind,
                    slot: answer.slot()?,
                    half_days: self.visit.half_days,
                    purpose: self.visit.purpose.clone(),
                    visitor_id: None,
                };
                ("visitPropose", visits::propose(&txn, &scope, by, now, wish).await?)
            }
        };
        let changes = changes::between(before.as_ref(), Some(&row));
        let done = Done { action, node: Some(("Visit", row.id)), changes, ..Done::default() };
        audit::record(&txn, by, now, done).await?;
        txn.commit().await?;
        Ok(row.id)
    }

    fn is_done(&self, answer: &Answer) -> bool {
        let time = Slot { starts_at: self.visit.starts_at, ends_at: self.visit.ends_at };
        match answer.deed {
            Deed::Agree => self.state == VisitState::Agreed,
            Deed::Cancel => self.state == VisitState::Cancelled,
            Deed::Move => {
                self.state == VisitState::Proposed
                    && self.reader == Some(self.proposed_by)
                    && answer.slot().is_ok_and(|slot| slot == time)
            }
            Deed::Propose => false,
        }
    }
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
