//! Events in the demo: who came so far, a full open day with a waiting list, and bookings for what
//! comes next. All of it goes through the same functions as the graph's mutations.

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::enrolments::obligation;
use entity::events::{self, Book, Edit, EventEdit, Presence, Watching, attendance};
use entity::programme::{event, programme_term};
use entity::scope::Scope;
use rules::calendar::{local, moment};
use rules::commitments::{Action, CommitmentKind};
use rules::programme::EventKind;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};

use super::enrolled;

/// What is told of coming events: key, place, how to join, capacity.
const TOLD: &[(&str, &str, &str, Option<i32>)] = &[
    (
        "elm-park-open-day-autumn-2026",
        "Demo Elm Park Primary School",
        "Come to the main gate by 9:15 and ask for the demo open day.",
        Some(8),
    ),
    (
        "cherry-orchard-open-day-autumn-2026",
        "Demo Cherry Orchard",
        "Park behind the demo sports hall.",
        Some(12),
    ),
    (
        "september-2026-cpd-2",
        "Online",
        "Join at https://example.org/demo-session from 13:20 on.",
        None,
    ),
    (
        "january-2026-cpd-6",
        "Online",
        "Join at https://example.org/demo-session from 13:20 on.",
        None,
    ),
];

/// Bookings in the order they were made: event, URN of the partner, places. The first eight places
/// at Elm Park are all there are; the rest waits.
const BOOKED: &[(&str, i32, i32)] = &[
    ("elm-park-open-day-autumn-2026", 900_002, 2),
    ("elm-park-open-day-autumn-2026", 900_007, 3),
    ("elm-park-open-day-autumn-2026", 900_010, 1),
    ("elm-park-open-day-autumn-2026", 900_009, 2),
    ("elm-park-open-day-autumn-2026", 900_005, 2),
    ("elm-park-open-day-autumn-2026", 900_003, 1),
    ("cherry-orchard-open-day-autumn-2026", 900_016, 2),
    ("cherry-orchard-open-day-autumn-2026", 900_020, 3),
    ("september-2026-cpd-2", 900_003, 2),
    ("september-2026-cpd-2", 900_005, 1),
    ("september-2026-cpd-2", 900_020, 2),
    ("january-2026-cpd-6", 900_002, 2),
    ("january-2026-cpd-6", 900_004, 1),
];

/// What the registers said besides: event, URN, how many came, a senior leader among them.
const REGISTERED: &[(&str, i32, i32, bool)] = &[
    // Without a senior leader, so that the recording is still to be watched.
    ("january-2026-cpd-5", 900_004, 1, false),
    ("cherry-orchard-open-day-summer-2026", 900_016, 0, false),
];

/// Recordings watched: event, URN, by how many. It joined after the session.
const WATCHED: &[(&str, i32, i32)] = &[("september-2026-cpd-1", 900_012, 2)];

/// The day on which the registers came, places were booked and recordings watched.
fn busy_day() -> DateTime<Utc> {
    let day = NaiveDate::from_ymd_opt(2026, 9, 29).unwrap_or_default();
    moment(day.and_hms_opt(9, 0, 0).unwrap_or_default())
}

/// Tells what is known of events, if that day has come by `now`.
pub(super) async fn tell(txn: &DatabaseTransaction, now: DateTime<Utc>) -> anyhow::Result<()> {
    let start = busy_day();
    if start + TimeDelta::days(1) > now {
        return Ok(());
    }
    for (key, place, joining, capacity) in TOLD {
        let wish = EventEdit {
            place: Edit::Set(Some((*place).to_owned())),
            joining_details: Edit::Set(Some((*joining).to_owned())),
            capacity: Edit::Set(*capacity),
            ..EventEdit::default()
        };
        let id = keyed(txn, key).await?.id;
        events::edit(txn, &Scope::System, start, id, None, wish).await?;
    }
    for (minute, (key, urn, places)) in (1..).zip(BOOKED) {
        let at = start + TimeDelta::minutes(minute);
        let wish = Book {
            event_id: keyed(txn, key).await?.id,
            enrolment_id: enrolled(txn, *urn).await?.id,
            places: *places,
        };
        events::book(txn, &Scope::System, None, at, wish).await?;
    }
    let later = start + TimeDelta::hours(5);
    for (key, urn, people, senior_leader) in REGISTERED {
        let of = (keyed(txn, key).await?.id, enrolled(txn, *urn).await?.id);
        let presence = Presence {
            attended: *people > 0,
            people: *people,
            senior_leader: *senior_leader,
            note: None,
        };
        attendance::record(txn, &Scope::System, None, later, of, presence).await?;
    }
    for (key, urn, people) in WATCHED {
        let of = (keyed(txn, key).await?.id, enrolled(txn, *urn).await?.id);
        let watched_on = local(later).date();
        let watching = Watching { watched_on, people: *people, senior_leader: true, note: None };
        attendance::record_watching(txn, &Scope::System, None, later, of, watching).await?;
    }
    Ok(())
}

/// Records that the partner of an obligation was at its event, or watched the recording on a day;
/// false if the obligation is about none.
pub(super) async fn was_there(
    txn: &DatabaseTransaction,
    owed: &obligation::Model,
    done_on: NaiveDate,
) -> anyhow::Result<bool> {
    let kind = match owed.kind.parse()? {
        CommitmentKind::AttendOpenDay => EventKind::OpenDay,
        CommitmentKind::AttendCpdSession => EventKind::CpdSession,
        CommitmentKind::AttendNetworking => EventKind::HubNetworking,
        CommitmentKind::TrainingModule => EventKind::TrainingModule,
        _ => return Ok(false),
    };
    let (Some(enrolment), Some(event)) = (owed.enrolment_id, about(txn, owed, kind).await?) else {
        return Ok(false);
    };
    let of = (event.id, enrolment);
    if owed.action.parse::<Action>()? == Action::WatchRecording {
        let at = moment(done_on.and_hms_opt(17, 0, 0).unwrap_or_default()).max(event.ends_at);
        let watching =
            Watching { watched_on: local(at).date(), people: 2, senior_leader: true, note: None };
        attendance::record_watching(txn, &Scope::System, None, at, of, watching).await?;
    } else {
        // The register is kept while everybody is still there.
        let at = event.ends_at - TimeDelta::minutes(5);
        let presence = Presence { attended: true, people: 2, senior_leader: true, note: None };
        attendance::record(txn, &Scope::System, None, at, of, presence).await?;
    }
    Ok(true)
}

/// The event an obligation is about, or the one of its kind that its hub hosted in its term.
async fn about(
    txn: &DatabaseTransaction,
    owed: &obligation::Model,
    kind: EventKind,
) -> anyhow::Result<Option<event::Model>> {
    if let Some(id) = owed.event_id {
        return Ok(event::Entity::find_by_id(id).one(txn).await?);
    }
    let Some(term) = owed.term_id else { return Ok(None) };
    let Some(term) = programme_term::Entity::find_by_id(term).one(txn).await? else {
        return Ok(None);
    };
    let hosted = event::Entity::find()
        .filter(event::Column::HubId.eq(owed.hub_id))
        .filter(event::Column::Kind.eq(<&str>::from(kind)))
        .filter(event::Column::PublishedAt.is_not_null())
        .order_by_asc(event::Column::StartsAt)
        .all(txn)
        .await?;
    Ok(hosted.into_iter().find(|event| {
        let day = local(event.starts_at).date();
        term.starts_on <= day && day <= term.ends_on
    }))
}

async fn keyed(txn: &DatabaseTransaction, key: &str) -> anyhow::Result<event::Model> {
    let found = event::Entity::find().filter(event::Column::Key.eq(key)).one(txn).await?;
    found.with_context(|| format!("the demo's event {key}"))
}
