//! Bookings of, and attendance at, events.

use entity::events::{booking, event_attendance};
use entity::programme::event;
use sea_orm::{ActiveModelTrait, DatabaseTransaction, EntityTrait as _, IntoActiveModel};

use super::*;

/// A draft of the programme, a hub's event of tomorrow's publication, and a session of September.
pub const DRAFT: Uuid = id(0xe001);
pub const SCHEDULED: Uuid = id(0xe002);
pub const SESSION: Uuid = id(0xe003);
/// Open days to come, with five places.
pub const OPEN_DAY: Uuid = id(0xe004);
/// Bookings of Birch, of the trust and, at its own hub's open day, of Cedar.
pub const BOOKING_BIRCH: Uuid = id(0xe011);
pub const BOOKING_TRUST: Uuid = id(0xe012);
pub const BOOKING_CEDAR: Uuid = id(0xe013);
/// What is known of Birch and of Cedar at the session.
pub const ATTENDANCE_BIRCH: Uuid = id(0xe021);
pub const ATTENDANCE_CEDAR: Uuid = id(0xe022);

async fn put<A: ActiveModelTrait + Send>(txn: &DatabaseTransaction, row: impl IntoActiveModel<A>) {
    A::Entity::insert(row.into_active_model()).exec_without_returning(txn).await.expect("a row");
}

pub async fn rows(txn: &DatabaseTransaction) {
    for (row, hub, key, starts, published, booked) in [
        (DRAFT, None, "draft", "2026-11-06", None, 0),
        (SCHEDULED, Some(HUB_NORTH), "scheduled", "2026-11-07", Some("2026-10-06"), 0),
        (SESSION, None, "session", "2026-09-24", Some("2026-09-01"), 0),
        (OPEN_DAY, Some(HUB_NORTH), "open-day", "2026-10-20", Some("2026-09-01"), 3),
    ] {
        let event = event::Model {
            id: row,
            programme_id: id(40),
            cohort_id: None,
            hub_id: hub,
            key: key.to_owned(),
            kind: if hub.is_some() { "open_day" } else { "cpd_session" }.to_owned(),
            title: format!("Event {key}"),
            starts_at: at(&format!("{starts}T12:00:00Z")),
            ends_at: at(&format!("{starts}T14:00:00Z")),
            published_at: published.map(|day| at(&format!("{day}T09:00:00Z"))),
            cancelled_at: None,
            version: 1,
            summary: None,
            place: None,
            joining_details: hub.map(|_| "Ask at the gate".to_owned()),
            module: None,
            capacity: hub.map(|_| 5),
            recording_url: None,
            cancellation_reason: None,
            changed_at: None,
            places_booked: booked,
        };
        put(txn, event).await;
    }
    for (row, event, enrolment, places, state, minute) in [
        (BOOKING_BIRCH, OPEN_DAY, ENROLMENT_BIRCH, 3, "booked", 0),
        (BOOKING_TRUST, OPEN_DAY, ENROLMENT_TRUST, 4, "waiting", 1),
        (BOOKING_CEDAR, id(57), ENROLMENT_CEDAR, 1, "booked", 2),
    ] {
        let booking = booking::Model {
            id: row,
            event_id: event,
            enrolment_id: enrolment,
            places,
            state: state.to_owned(),
            booked_by: None,
            booked_at: at(&format!("2026-10-01T09:0{minute}:00Z")),
            promoted_at: None,
            cancelled_at: None,
            cancellation_reason: None,
            version: 1,
            changed_at: at("2026-10-01T09:00:00Z"),
        };
        put(txn, booking).await;
    }
    for (row, enrolment, mode) in [
        (ATTENDANCE_BIRCH, ENROLMENT_BIRCH, "attended"),
        (ATTENDANCE_CEDAR, ENROLMENT_CEDAR, "absent"),
    ] {
        let attended = mode == "attended";
        let attendance = event_attendance::Model {
            id: row,
            event_id: SESSION,
            enrolment_id: enrolment,
            mode: mode.to_owned(),
            on_day: day("2026-09-24"),
            people: i32::from(attended),
            senior_leader: attended,
            note: None,
            recorded_by: None,
            recorded_at: at("2026-09-25T09:00:00Z"),
            version: 1,
        };
        put(txn, attendance).await;
    }
}
