//! Places that come free: bookings that end with their event or with who leaves, and the waiting list
//! that is served then.

use chrono::{DateTime, Utc};
use rules::events::{BookingState, in_reach, places};
use rules::messages::MessageKind;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::{booking, seen};
use crate::enrolments::enrolment;
use crate::messages::notices::bookings::{tell, tell_moved};
use crate::outcome::StoreError;
use crate::programme::event;

/// Why bookings of an event that does not take place end.
pub const CANCELLED: &str = "The event was cancelled.";
/// Why bookings of a partner that left end.
const LEFT: &str = "The partner is no longer with the hub or programme that hosts this event.";

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

/// Writes down how many places of an event are given out. The caller holds it locked.
pub(super) async fn count_places(
    txn: &DatabaseTransaction,
    event_id: Uuid,
) -> Result<(), StoreError> {
    let (_, held) = seen::bookings(txn, event_id).await?;
    event::Entity::update_many()
        .col_expr(event::Column::PlacesBooked, places::booked(&held).into())
        .filter(event::Column::Id.eq(event_id))
        .exec(txn)
        .await?;
    Ok(())
}

/// The next place in an event's order; places of bookings given up are not given again.
pub(super) async fn turn(
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

/// Ends a booking, for a reason that its partner reads.
pub(super) async fn end(
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
