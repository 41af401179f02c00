//! A programme year as invented schools live it: each with its habits, everything they do recorded
//! by the product's own functions at four in the afternoon, with the worker at work in between.

use api::commands::{import_bank_holidays, import_register};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use entity::enrolments::{enrolment, obligation, settle_programme, withdraw};
use entity::programme::calendars::Calendars;
use entity::programme::events::{EventWish, put_event};
use entity::programme::{cohort, event};
use entity::scope::Scope;
use rules::calendar::{Calendar, end_of_day, local, moment};
use rules::programme::EventKind;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tokio_util::sync::CancellationToken;
use worker::app::App;
use worker::simulate::report::Report;
use worker::simulate::walk::{Pace, Walk};

use crate::World;
use crate::deeds::{Today, book_places, do_it, report};
use crate::rise::{Partner, Rise, day};

/// First and last day of the programme year.
pub const YEAR: (&str, &str) = ("2026-09-01", "2027-07-31");
/// Does everything a week early.
pub const MODEL: &str = "Demo Model School";
/// Does everything seven working days late, and watches recordings instead of attending.
pub const SLOW: &str = "Demo Slow School";
/// Does everything a week early, and withdraws on [`LEAVES`].
pub const DROP_OUT: &str = "Demo Drop Out School";
/// The drop-out's last day.
pub const LEAVES: &str = "2027-02-10";
/// Joins on [`JOINS`], and does everything on its last day.
pub const LATE: &str = "Demo Late School";
/// The late joiner's first day.
pub const JOINS: &str = "2026-11-16";
/// Does everything a week early, and becomes [`CONVERTED`] at New Year.
pub const CONVERTER: &str = "Demo Old School";
/// What the converter is called after it.
pub const CONVERTED: &str = "Demo New Academy";

/// The hub's open days, one a term, from ten to two.
const OPEN_DAYS: [&str; 3] = ["2026-11-12", "2027-02-25", "2027-06-17"];
/// When deeds are recorded.
const AFTERNOON: NaiveTime = NaiveTime::from_hms_opt(16, 0, 0).expect("a time of day");

/// A school and its habit.
#[derive(Clone, Copy, Debug)]
pub struct School {
    /// It.
    pub partner: Partner,
    /// Working days from the due day to the deed; negative when before.
    pub habit: i32,
    /// Whether it goes to CPD sessions, instead of watching what was recorded.
    pub attends: bool,
}

/// A year that was lived.
#[derive(Debug)]
pub struct Year {
    /// The programme.
    pub rise: Rise,
    /// Its schools: model, slow starter, drop-out, converter, late joiner.
    pub schools: Vec<School>,
    /// What was mailed, and what was flagged.
    pub report: Report,
}

/// Lives the year in `world`.
///
/// # Panics
/// Something is refused, or a job fails.
pub async fn live(world: &World) -> Year {
    let (first, last) = (day(YEAR.0), day(YEAR.1));
    let start = moment(first.and_time(NaiveTime::MIN));
    world.clock.set(start);
    let stop = CancellationToken::new();
    let rise = Rise::seed(world, &[MODEL, SLOW, DROP_OUT, CONVERTER]).await;
    prepare(world, &rise).await;
    let habits = [(-5, true), (7, false), (-5, true), (-5, true)];
    let mut schools: Vec<School> = rise
        .partners
        .iter()
        .zip(habits)
        .map(|(&partner, (habit, attends))| School { partner, habit, attends })
        .collect();

    let app = App::open(world.config.clone(), world.clock.clone(), stop.clone()).await;
    let app = app.expect("the worker opens");
    let mut walk = Walk::begin(app, start, Pace::Sparse, &stop).await.expect("it begins");
    for today in first.iter_days().take_while(|today| *today <= last) {
        walk.until(moment(today.and_time(AFTERNOON)), &stop).await.expect("the day");
        if today == day(JOINS) {
            let partner = join(world, &rise).await;
            schools.push(School { partner, habit: 0, attends: true });
        }
        if today == day(LEAVES) {
            leave(world, schools[2].partner).await;
        }
        if today == day("2026-12-01") {
            convert(world, "3", "4").await;
        }
        if today == day("2027-01-01") {
            convert(world, "2", "1").await;
        }
        act(world, &rise, &schools, today).await;
    }
    walk.until(end_of_day(last) - TimeDelta::seconds(1), &stop).await.expect("the last day");
    let report = walk.report(first, last);
    Year { rise, schools, report }
}

/// Bank holidays, and the hub's open days.
async fn prepare(world: &World, rise: &Rise) {
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let holidays = include_str!("../../demo/bank-holidays.json");
    import_bank_holidays::load(&txn, now, holidays).await.expect("the holidays");
    let cohort = cohort::Entity::find().filter(cohort::Column::Key.eq("september-2026"));
    let cohort = cohort.one(&txn).await.expect("a read").expect("the cohort");
    for (number, on) in OPEN_DAYS.into_iter().enumerate() {
        let at = |hour: i64| moment(day(on).and_time(NaiveTime::MIN)) + TimeDelta::hours(hour);
        let wish = EventWish {
            programme_id: rise.id,
            cohort_id: Some(cohort.id),
            hub_id: Some(rise.hub.id),
            key: format!("open-day-{number}"),
            kind: EventKind::OpenDay,
            title: "Open day at Demo Lead School".to_owned(),
            starts_at: at(10),
            ends_at: at(14),
            published_at: Some(now),
            cancelled: false,
        };
        put_event(&txn, now, wish).await.expect("an open day");
    }
    settle_programme(&txn, now, rise.id).await.expect("settled");
    txn.commit().await.expect("commit");
}

async fn join(world: &World, rise: &Rise) -> Partner {
    let txn = world.db.write().await.expect("a transaction");
    let partner = rise.join(&txn, world.clock.now(), 900_010, LATE, JOINS).await;
    txn.commit().await.expect("commit");
    partner
}

async fn leave(world: &World, partner: Partner) {
    let txn = world.db.write().await.expect("a transaction");
    let now = world.clock.now();
    let reason = "The school has other worries this year";
    withdraw(&txn, &Scope::System, None, now, partner.enrolment, None, day(LEAVES), reason)
        .await
        .expect("withdrawn");
    txn.commit().await.expect("commit");
}

/// Imports a register in which the converter has one status and its successor another: first both
/// proposed, then closed and open.
async fn convert(world: &World, old: &str, new: &str) {
    let closes = if old == "2" { "31-12-2026" } else { "" };
    let register = format!(
        "URN,LA (code),EstablishmentName,TypeOfEstablishment (code),EstablishmentStatus (code),\
         OpenDate,CloseDate,PhaseOfEducation (code)\r\n\
         900005,201,{CONVERTER},01,{old},,{closes},2\r\n\
         900020,201,{CONVERTED},34,{new},01-01-2027,,2\r\n"
    );
    let links = format!(
        "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\r\n\
         900005,900020,{CONVERTED},Successor,\r\n\
         900020,900005,{CONVERTER},Predecessor,01-01-2027\r\n"
    );
    let (file, link_file) = ("conversion.csv", "conversion-links.csv");
    let (file, link_file) = (world.folder.path().join(file), world.folder.path().join(link_file));
    std::fs::write(&file, register).expect("written");
    std::fs::write(&link_file, links).expect("written");
    let arguments = import_register::Arguments { file, links: Some(link_file), force: true };
    let report = import_register::import(&world.db, world.clock.now(), &arguments).await;
    let report = report.expect("imported");
    assert!(report.needs_person.is_empty(), "{report}");
    assert_eq!(report.moved.len(), usize::from(old == "2"), "{report}");
}

/// What every school does today, and what the hub's lead does.
async fn act(world: &World, rise: &Rise, schools: &[School], today: NaiveDate) {
    let now = world.clock.now();
    let calendars = Calendars::load(world.db.reader()).await.expect("the calendars");
    let events = event::Entity::find().all(world.db.reader()).await.expect("the events");
    let next_week = today + TimeDelta::days(7);
    let bookable: Vec<_> = events
        .iter()
        .filter(|event| event.kind == "open_day" && local(event.starts_at).date() == next_week)
        .collect();
    for school in schools {
        let calendar = calendars.of_setting(school.partner.setting);
        let school_today = Today { partner: school.partner, calendar: &calendar, now, today };
        let enrolment = enrolment::Entity::find_by_id(school.partner.enrolment);
        let enrolment = enrolment.one(world.db.reader()).await.expect("a read");
        if enrolment.is_none_or(|row| row.status != "active") {
            continue;
        }
        let deeds: Vec<_> = open(world, school.partner.enrolment)
            .await
            .into_iter()
            .filter_map(|owed| {
                let event = event_of(&owed, &events);
                let on = done_on(school, &owed, event, &calendar);
                (on == Some(today)).then_some((owed, event))
            })
            .collect();
        if deeds.is_empty() && bookable.is_empty() {
            continue;
        }
        let txn = world.db.write().await.expect("a transaction");
        for event in &bookable {
            book_places(&txn, school_today, event).await;
        }
        for (owed, event) in deeds {
            do_it(&txn, school_today, &owed, event).await;
        }
        txn.commit().await.expect("commit");
    }
    for owed in open(world, rise.hub.id).await {
        let a_week_early = calendars.default_calendar().add_working_days(owed.due_on, -5);
        if owed.kind == "keep_in_touch" && a_week_early == today {
            let txn = world.db.write().await.expect("a transaction");
            report(&txn, now, &owed, today).await;
            txn.commit().await.expect("commit");
        }
    }
}

async fn open(world: &World, subject: uuid::Uuid) -> Vec<obligation::Model> {
    obligation::Entity::find()
        .filter(obligation::Column::SubjectId.eq(subject))
        .filter(obligation::Column::State.eq("open"))
        .order_by_asc(obligation::Column::DueOn)
        .order_by_asc(obligation::Column::Title)
        .all(world.db.reader())
        .await
        .expect("obligations")
}

/// The event that something is about; for an open day, the one in its term.
fn event_of<'a>(owed: &obligation::Model, events: &'a [event::Model]) -> Option<&'a event::Model> {
    if owed.kind == "attend_open_day" {
        let mut open_days = events.iter().filter(|event| event.kind == "open_day");
        return open_days.find(|event| {
            let day = local(event.starts_at).date();
            day <= owed.due_on && owed.due_on - day < TERM
        });
    }
    events.iter().find(|event| Some(event.id) == owed.event_id)
}

/// The day on which a school does something, as things stand.
fn done_on(
    school: &School,
    owed: &obligation::Model,
    event: Option<&event::Model>,
    calendar: &Calendar,
) -> Option<NaiveDate> {
    let day_of = |event: &event::Model| local(event.starts_at).date();
    // Everybody likes to go to open days.
    if owed.kind == "attend_open_day" {
        return event.map(day_of);
    }
    if owed.action == "attend" {
        return event.map(day_of).filter(|_| school.attends);
    }
    let wanted = calendar.add_working_days(owed.due_on, school.habit);
    let wanted = calendar.previous_working_day(wanted);
    // What opens later than the habit would have it is done on the day after it opens.
    let opens = owed.opens_on.map(|opens| calendar.add_working_days(opens, 1));
    Some(opens.map_or(wanted, |opens| wanted.max(opens)))
}

/// No term is longer.
const TERM: TimeDelta = TimeDelta::days(80);
