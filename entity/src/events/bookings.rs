//! Booking places, and serving the waiting list.
//!
//! Whoever gives or takes places holds the event's row locked, so there is one at a time; that the
//! places given out never pass the capacity is checked by the database once more.

use chrono::{DateTime, Utc};
use rules::events::places::{self, Shortage, Turn};
use rules::events::{Bar, BookingState, bar_to_booking, in_reach};
use rules::messages::MessageKind;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::{booking, seen};
use crate::enrolments::permission::{require, runs_hub};
use crate::enrolments::{check_text, check_version, enrolment, refused, settle_enrolment};
use crate::id::new_id;
use crate::messages::notices::bookings::{tell, tell_moved};
use crate::outcome::{RefusalCode, StoreError};
use crate::programme::event;
use crate::scope::Scope;

/// Why bookings of an event that does not take place end.
pub const CANCELLED: &str = "The event was cancelled.";
/// Why bookings of a partner that left end.
const LEFT: &str = "The partner is no longer with the hub or programme that hosts this event.";

/// Who wants how many places at what.
#[derive(Clone, Copy, Debug)]
pub struct Book {
    /// The event.
    pub event_id: Uuid,
    /// The partner's enrolment.
    pub enrolment_id: Uuid,
    /// How many people come.
    pub places: i32,
}

/// Books places for a partner, or puts it on the waiting list when there are not enough.
///
/// # Errors
/// A refusal naming the field that cannot be, or a database fault.
pub async fn book(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    wish: Book,
) -> Result<booking::Model, StoreError> {
    let (enrolment, hub) = seen::enrolment(txn, scope, wish.enrolment_id).await?;
    require(
        seen::acts_for(scope, &enrolment, &hub),
        "enrolmentId",
        "Only the partner and its hub's lead book places for it.",
    )?;
    let event = seen::event(txn, scope, now, wish.event_id).await?;
    seen::check(bar_to_booking(&seen::occasion(&event), &seen::standing(&enrolment), now))?;
    let (rows, held) = seen::bookings(txn, event.id).await?;
    if rows.iter().any(|row| row.enrolment_id == enrolment.id) {
        let message = "This partner has booked already; change its booking instead.";
        return refused(RefusalCode::Conflict, "enrolmentId", message);
    }
    let state = places::on_booking(event.capacity, &held, wish.places).map_err(short)?;
    let row = booking::Model {
        id: new_id(now),
        event_id: event.id,
        enrolment_id: enrolment.id,
        places: wish.places,
        state: <&str>::from(state).to_owned(),
        booked_by: by,
        booked_at: turn(txn, event.id, now).await?,
        promoted_at: None,
        cancelled_at: None,
        cancellation_reason: None,
        version: 1,
        changed_at: now,
    };
    booking::Entity::insert(row.clone().into_active_model()).exec_without_returning(txn).await?;
    count_places(txn, event.id).await?;
    let kind = match state {
        BookingState::Booked => MessageKind::EventBooked,
        BookingState::Waiting | BookingState::Cancelled => MessageKind::EventWaiting,
    };
    tell(txn, now, &event, &[&row], kind, by).await?;
    settle_enrolment(txn, now, enrolment.id).await?;
    Ok(row)
}

/// Changes how many places a booking is for.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn change_booking(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    wanted: i32,
) -> Result<booking::Model, StoreError> {
    let Locked { row, event, enrolment } = locked(txn, scope, now, id).await?;
    check_version(row.version, expected_version)?;
    if row.state == "cancelled" {
        return refused(RefusalCode::Conflict, "bookingId", "This booking was cancelled.");
    }
    seen::check(bar_to_booking(&seen::occasion(&event), &seen::standing(&enrolment), now))?;
    if row.places == wanted {
        return Ok(row);
    }
    let (_, held) = seen::bookings(txn, event.id).await?;
    let own = seen::held(&row)?;
    let booked_at = match places::on_change(event.capacity, &held, &own, wanted).map_err(short)? {
        Turn::Kept => row.booked_at,
        Turn::Last => turn(txn, event.id, now).await?,
    };
    let version = row.version + 1;
    let mut changed = row.into_active_model();
    changed.places = Set(wanted);
    changed.booked_at = Set(booked_at);
    changed.version = Set(version);
    changed.changed_at = Set(now);
    let row = changed.update(txn).await?;
    serve(txn, now, event.id).await?;
    settle_enrolment(txn, now, row.enrolment_id).await?;
    // Fewer places may have been enough for it at once.
    again(txn, row.id).await
}

/// Gives a booking up; its places go to those who wait.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn cancel_booking(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    reason: &str,
) -> Result<booking::Model, StoreError> {
    let Locked { row, event, .. } = locked(txn, scope, now, id).await?;
    check_text("reason", reason, true)?;
    if row.state == "cancelled" {
        return Ok(row);
    }
    check_version(row.version, expected_version)?;
    if event.ends_at <= now {
        seen::check(Some(Bar::Over))?;
    }
    let enrolment_id = row.enrolment_id;
    let row = end(txn, now, row, reason.trim()).await?;
    let by = match scope {
        Scope::Viewer(viewer) => Some(viewer.person_id),
        Scope::System => None,
    };
    tell(txn, now, &event, &[&row], MessageKind::BookingCancelled, by).await?;
    serve(txn, now, event.id).await?;
    settle_enrolment(txn, now, enrolment_id).await?;
    Ok(row)
}

/// Ends all bookings of an event that does not take place. The caller holds the event locked.
///
/// # Errors
/// A database fault.
pub async fn release(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    event: &event::Model,
    reason: &str,
) -> Result<(), StoreError> {
    let (rows, _) = seen::bookings(txn, event.id).await?;
    let mut ended = Vec::with_capacity(rows.len());
    for row in rows {
        ended.push(end(txn, now, row, reason).await?);
    }
    let ended: Vec<_> = ended.iter().collect();
    tell(txn, now, event, &ended, MessageKind::EventCancelled, None).await?;
    count_places(txn, event.id).await
}

/// Tells whoever has places at an event, or waits for them, that it changed. The caller holds the
/// event locked.
pub(crate) async fn tell_of_change(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    old: &event::Model,
    event: &event::Model,
) -> Result<(), StoreError> {
    let moved = (old.starts_at, old.ends_at) != (event.starts_at, event.ends_at);
    let how = |event: &event::Model| {
        let (place, joining) = (event.place.clone(), event.joining_details.clone());
        (event.title.clone(), place, joining)
    };
    if event.cancelled_at.is_some() || !moved && how(old) == how(event) {
        return Ok(());
    }
    let (rows, _) = seen::bookings(txn, event.id).await?;
    // How to join is for those who will.
    let concerned = rows.iter().filter(|row| moved || row.state == "booked");
    let concerned: Vec<_> = concerned.collect();
    let kind = if moved { MessageKind::EventMoved } else { MessageKind::JoiningChanged };
    let from = moved.then_some((old.starts_at, old.ends_at));
    tell_moved(txn, now, event, &concerned, (kind, None), from).await
}

/// Ends the bookings a partner has at coming events that are no longer for it, after it left or
/// moved to another hub. The caller holds the enrolment locked.
///
/// # Errors
/// A database fault.
pub async fn release_out_of_reach(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    enrolment: &enrolment::Model,
) -> Result<(), StoreError> {
    let booked = Query::select()
        .column(booking::Column::EventId)
        .from(booking::Entity)
        .and_where(booking::Column::EnrolmentId.eq(enrolment.id))
        .and_where(booking::Column::State.ne("cancelled"))
        .to_owned();
    let events = event::Entity::find()
        .filter(event::Column::Id.in_subquery(booked))
        .filter(event::Column::EndsAt.gt(now))
        .order_by_asc(event::Column::Id)
        .lock_exclusive()
        .all(txn)
        .await?;
    for event in events {
        let reach = (event.hub_id, event.cohort_id);
        let stays = enrolment.ended_on.is_none()
            && in_reach(reach, (enrolment.hub_id, enrolment.cohort_id));
        let (rows, _) = seen::bookings(txn, event.id).await?;
        let own = rows.into_iter().find(|row| row.enrolment_id == enrolment.id);
        if let (false, Some(row)) = (stays, own) {
            let row = end(txn, now, row, LEFT).await?;
            tell(txn, now, &event, &[&row], MessageKind::BookingCancelled, None).await?;
            serve(txn, now, event.id).await?;
        }
    }
    Ok(())
}

/// Serves the waiting list of an event, whose row the caller holds locked, and counts its places.
///
/// # Errors
/// A database fault.
pub(super) async fn serve(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    event_id: Uuid,
) -> Result<(), StoreError> {
    let Some(event) = event::Entity::find_by_id(event_id).one(txn).await? else { return Ok(()) };
    let (rows, held) = seen::bookings(txn, event_id).await?;
    let served = places::promoted(event.capacity, &held);
    for row in rows.into_iter().filter(|row| served.contains(&row.id)) {
        let version = row.version + 1;
        let mut promoted = row.into_active_model();
        promoted.state = Set(<&str>::from(BookingState::Booked).to_owned());
        promoted.promoted_at = Set(Some(now));
        promoted.version = Set(version);
        promoted.changed_at = Set(now);
        let row = promoted.update(txn).await?;
        tell(txn, now, &event, &[&row], MessageKind::EventPlace, None).await?;
    }
    count_places(txn, event_id).await
}

async fn count_places(txn: &DatabaseTransaction, event_id: Uuid) -> Result<(), StoreError> {
    let (_, held) = seen::bookings(txn, event_id).await?;
    event::Entity::update_many()
        .col_expr(event::Column::PlacesBooked, places::booked(&held).into())
        .filter(event::Column::Id.eq(event_id))
        .exec(txn)
        .await?;
    Ok(())
}

/// The next place in an event's order; places of bookings given up are not given again.
async fn turn(
    txn: &DatabaseTransaction,
    event_id: Uuid,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, StoreError> {
    let last = booking::Entity::find()
        .filter(booking::Column::EventId.eq(event_id))
        .order_by_desc(booking::Column::BookedAt)
        .one(txn)
        .await?;
    Ok(places::next_turn(last.map(|row| row.booked_at), now))
}

async fn end(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    row: booking::Model,
    reason: &str,
) -> Result<booking::Model, StoreError> {
    let version = row.version + 1;
    let mut ended = row.into_active_model();
    ended.state = Set(<&str>::from(BookingState::Cancelled).to_owned());
    ended.cancelled_at = Set(Some(now));
    ended.cancellation_reason = Set(Some(reason.to_owned()));
    ended.version = Set(version);
    ended.changed_at = Set(now);
    Ok(ended.update(txn).await?)
}

/// A booking that the caller may change, with its event, all locked in their order.
struct Locked {
    row: booking::Model,
    event: event::Model,
    enrolment: enrolment::Model,
}

async fn locked(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
) -> Result<Locked, StoreError> {
    let row = seen::booking(txn, scope, id).await?;
    // Who hosts the event may see the booking without seeing the enrolment any longer.
    let (enrolment, hub) = seen::enrolment(txn, &Scope::System, row.enrolment_id).await?;
    let event = seen::event(txn, &Scope::System, now, row.event_id).await?;
    let hosts = seen::host(txn, &event).await?.is_some_and(|host| runs_hub(scope, &host));
    require(
        hosts || seen::acts_for(scope, &enrolment, &hub),
        "bookingId",
        "Only the partner, its hub's lead and the host change its booking.",
    )?;
    let row = again(txn, row.id).await?;
    Ok(Locked { row, event, enrolment })
}

/// The booking as it is now that its event is locked.
async fn again(txn: &DatabaseTransaction, id: Uuid) -> Result<booking::Model, StoreError> {
    let row = booking::Entity::find_by_id(id).one(txn).await?;
    row.ok_or_else(|| {
        let message = "There is no such booking.";
        StoreError::refused(RefusalCode::NotFound, Some("bookingId"), message)
    })
}

fn short(shortage: Shortage) -> StoreError {
    let (code, message) = match shortage {
        Shortage::Nonsense => {
            (RefusalCode::Invalid, format!("A booking is for 1 to {} places.", places::MOST_PLACES))
        }
        Shortage::MoreThanAll(all) => {
            (RefusalCode::Invalid, format!("This event holds {all} in all."))
        }
        Shortage::MoreThanLeft(0) => {
            (RefusalCode::Conflict, "There are no more places free.".to_owned())
        }
        Shortage::MoreThanLeft(left) => {
            (RefusalCode::Conflict, format!("Only {left} more can be had."))
        }
    };
    StoreError::refused(code, Some("places"), message)
}
