//! Booking places, changing their number and giving them up; [`super::places`] serves those who wait.
//!
//! Whoever gives or takes places holds the event's row locked, so there is one at a time; that the
//! places given out never pass the capacity is checked by the database once more.

use chrono::{DateTime, Utc};
use rules::events::places::{self, Shortage, Turn};
use rules::events::{Bar, BookingState, bar_to_booking};
use rules::messages::MessageKind;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _};
use uuid::Uuid;

use super::places::{count_places, end, serve, turn};
use super::{booking, seen};
use crate::enrolments::permission::{require, runs_hub};
use crate::enrolments::{check_text, check_version, enrolment, refused, settle_enrolment};
use crate::id::new_id;
use crate::messages::notices::bookings::tell;
use crate::outcome::{RefusalCode, StoreError};
use crate::programme::event;
use crate::scope::Scope;

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
