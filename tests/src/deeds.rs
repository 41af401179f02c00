//! How a scripted school does what it owes: by recording visits, attendance, assessments, plans and
//! reviews as people do, or, where nothing is recorded, by reporting it done.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::enrolments::{obligation, record_met};
use entity::events::{Book, Presence, Watching, attendance, book};
use entity::plans::actions::{self, ActionWish};
use entity::plans::objectives::{self, ObjectiveWish};
use entity::plans::reviews::{self, ReviewWish};
use entity::plans::self_assessments::{self, Rating};
use entity::plans::{drafting, self_assessment_framework};
use entity::programme::{event, programme_term};
use entity::scope::{Scope, Viewer};
use entity::visits::{Proposal, Record, propose, record, visit};
use rules::calendar::{Calendar, moment};
use rules::plans::ReviewKind;
use rules::visits::{Attendee, Party, Slot, VisitKind};
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::rise::Partner;

/// A school, today.
#[derive(Clone, Copy, Debug)]
pub struct Today<'a> {
    /// It.
    pub partner: Partner,
    /// Its working days.
    pub calendar: &'a Calendar,
    /// Now.
    pub now: DateTime<Utc>,
    /// Its London day.
    pub today: NaiveDate,
}

/// Does what is owed. `event` is the one to go to, if it is about one.
///
/// # Panics
/// Something is refused.
pub async fn do_it(
    txn: &DatabaseTransaction,
    school: Today<'_>,
    owed: &obligation::Model,
    event: Option<&event::Model>,
) {
    match (owed.kind.as_str(), event) {
        ("attend_open_day" | "attend_cpd_session", Some(event)) if owed.action == "watch" => {
            watch(txn, school, event).await;
        }
        ("attend_open_day" | "attend_cpd_session", Some(event)) => attend(txn, school, event).await,
        ("deep_dive_visit", _) => host(txn, school, VisitKind::DeepDiveVisit, 2).await,
        // Visits fill the term in which they are: what is late by a term can only be reported.
        ("support_days", _) if is_of_today(txn, school, owed).await => {
            let half_days = owed.required_half_days.expect("support days have a length");
            host(txn, school, VisitKind::SupportDay, half_days).await;
        }
        ("self_assessment", _) => assess(txn, school).await,
        ("improvement_plan", _) => plan(txn, school).await,
        ("progress_review", _) => review(txn, school, ReviewKind::Progress).await,
        ("final_review", _) => review(txn, school, ReviewKind::Final).await,
        _ => report(txn, school.now, owed, school.today).await,
    }
    let after = obligation::Entity::find_by_id(owed.id).one(txn).await.expect("a read");
    let after = after.expect("the obligation");
    assert_eq!(after.state, "met", "{}: {}", school.today, owed.title);
}

/// Reports something done.
///
/// # Panics
/// It is refused.
pub async fn report(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    owed: &obligation::Model,
    today: NaiveDate,
) {
    record_met(txn, &Scope::System, None, now, owed.id, None, today, "")
        .await
        .unwrap_or_else(|error| panic!("{today}: {} cannot be recorded: {error}", owed.title));
}

/// Books two places.
///
/// # Panics
/// It is refused.
pub async fn book_places(txn: &DatabaseTransaction, school: Today<'_>, event: &event::Model) {
    let wish = Book { event_id: event.id, enrolment_id: school.partner.enrolment, places: 2 };
    book(txn, &head(school), Some(school.partner.head), school.now, wish).await.expect("booked");
}

fn head(school: Today<'_>) -> Scope {
    let Partner { head: person_id, setting, .. } = school.partner;
    let (settings, now) = (vec![setting], school.now);
    Scope::Viewer(Viewer { person_id, settings, now, ..Viewer::default() })
}

async fn attend(txn: &DatabaseTransaction, school: Today<'_>, event: &event::Model) {
    let of = (event.id, school.partner.enrolment);
    let there = Presence { attended: true, people: 2, senior_leader: true, note: None };
    attendance::record(txn, &Scope::System, None, school.now, of, there).await.expect("recorded");
}

async fn watch(txn: &DatabaseTransaction, school: Today<'_>, event: &event::Model) {
    let of = (event.id, school.partner.enrolment);
    let watched = Watching { watched_on: school.today, people: 3, senior_leader: true, note: None };
    let by = Some(school.partner.head);
    attendance::record_watching(txn, &head(school), by, school.now, of, watched)
        .await
        .expect("recorded");
}

async fn is_of_today(
    txn: &DatabaseTransaction,
    school: Today<'_>,
    owed: &obligation::Model,
) -> bool {
    let id = owed.term_id.expect("a term");
    let term = programme_term::Entity::find_by_id(id).one(txn).await.expect("a read");
    term.is_some_and(|term| term.starts_on <= school.today && school.today <= term.ends_on)
}

/// The lead was there, on today's and the last working days on which it was not there yet.
async fn host(txn: &DatabaseTransaction, school: Today<'_>, kind: VisitKind, mut half_days: i32) {
    let enrolment_id = school.partner.enrolment;
    let visits = visit::Entity::find().filter(visit::Column::EnrolmentId.eq(enrolment_id));
    let before = visits.all(txn).await.expect("the visits");
    let mut on = school.today;
    while half_days > 0 {
        if before.iter().all(|visit| visit.held_on != Some(on)) {
            let used = half_days.min(2);
            let at = |hour: u32| moment(on.and_hms_opt(hour, 0, 0).expect("a time"));
            let slot = Slot { starts_at: at(9), ends_at: at(if used == 2 { 15 } else { 12 }) };
            let purpose = "Support for the agreed actions".to_owned();
            let wish =
                Proposal { enrolment_id, kind, slot, half_days: used, purpose, visitor_id: None };
            let row = propose(txn, &Scope::System, None, school.now, wish).await;
            let attendee =
                Attendee { name: "Demo Lead".to_owned(), role: "Headteacher".to_owned() };
            let wish = Record {
                visit_id: row.expect("proposed").id,
                expected_version: None,
                slot: None,
                half_days_used: used,
                attendees: vec![attendee],
                summary: "Lessons seen, and leaders talked to".to_owned(),
                actions: Vec::new(),
            };
            record(txn, &Scope::System, None, school.now, wish).await.expect("recorded");
            half_days -= used;
        }
        on = school.calendar.add_working_days(on, -1);
    }
}

async fn assess(txn: &DatabaseTransaction, school: Today<'_>) {
    let (scope, now) = (head(school), school.now);
    let row = self_assessments::start(txn, &scope, now, school.partner.enrolment).await;
    let id = row.expect("begun").id;
    let framework = self_assessment_framework::Entity::find().one(txn).await.expect("a read");
    let themes = framework.expect("the framework").themes;
    for theme in themes.as_array().expect("themes") {
        let theme_key = theme["key"].as_str().expect("a key").to_owned();
        let evidence = "Seen in lessons".to_owned();
        let wish = Rating {
            self_assessment_id: id,
            expected_version: None,
            theme_key,
            level: 2,
            evidence,
        };
        self_assessments::rate(txn, &scope, now, wish).await.expect("rated");
    }
    let by = Some(school.partner.head);
    self_assessments::complete(txn, &scope, by, now, id, None).await.expect("completed");
}

async fn plan(txn: &DatabaseTransaction, school: Today<'_>) {
    let (scope, now) = (head(school), school.now);
    let summary = "Fewer lessons missed";
    let plan = drafting::start(txn, &scope, now, school.partner.enrolment, summary).await;
    let plan: Uuid = plan.expect("begun").id;
    let wish = ObjectiveWish {
        theme_key: None,
        title: "Every absence is followed up on its first day".to_owned(),
        success_measure: "No absence without a call".to_owned(),
    };
    let objective = objectives::add(txn, &scope, now, plan, wish).await.expect("added");
    let wish = ActionWish {
        title: "Agree who calls".to_owned(),
        owner_party: Party::Partner,
        owner_name: "Demo Head".to_owned(),
        due_on: school.today + TimeDelta::days(60),
    };
    actions::add(txn, &scope, now, objective.id, wish).await.expect("added");
    for side in [&scope, &Scope::System] {
        drafting::agree(txn, side, now, plan, None).await.expect("agreed");
    }
}

async fn review(txn: &DatabaseTransaction, school: Today<'_>, kind: ReviewKind) {
    let wish = ReviewWish {
        held_on: school.today,
        summary: "Most is done".to_owned(),
        next_steps: "The rest".to_owned(),
    };
    let enrolment = school.partner.enrolment;
    reviews::record(txn, &Scope::System, None, school.now, enrolment, kind, wish)
        .await
        .expect("recorded");
}
