//! Finding and locking what a caller may see, and the rights that events ask for.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rules::events::{Bar, Held, Occasion, Standing};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::booking;
use crate::enrolments::enrolment;
use crate::enrolments::permission::runs_hub;
use crate::hubs::hub;
use crate::outcome::{RefusalCode, StoreError, word};
use crate::programme::event;
use crate::scope::Scope;

fn not_found(field: &'static str, what: &str) -> StoreError {
    let message = format!("There is no such {what}.");
    StoreError::refused(RefusalCode::NotFound, Some(field), message)
}

/// An event the caller may see, locked. Lock the enrolments concerned first.
pub(super) async fn event(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
) -> Result<event::Model, StoreError> {
    event::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.at(now).events()))
        .lock_exclusive()
        .one(txn)
        .await?
        .ok_or_else(|| not_found("eventId", "event"))
}

/// Locks the enrolments that a change of an event may touch. Who hosts an event never changes, so
/// this can be read before the event is locked.
pub(super) async fn lock_invited(
    txn: &DatabaseTransaction,
    event_id: Uuid,
) -> Result<(), StoreError> {
    let Some(event) = event::Entity::find_by_id(event_id).one(txn).await? else {
        return Ok(());
    };
    let host = match event.hub_id {
        Some(hub) => enrolment::Column::HubId.eq(hub),
        None => enrolment::Column::ProgrammeId.eq(event.programme_id),
    };
    enrolment::Entity::find()
        .filter(host)
        .order_by_asc(enrolment::Column::Id)
        .lock_exclusive()
        .all(txn)
        .await?;
    Ok(())
}

/// An enrolment the caller may see, locked, with its hub.
pub(super) async fn enrolment(
    txn: &DatabaseTransaction,
    scope: &Scope,
    id: Uuid,
) -> Result<(enrolment::Model, hub::Model), StoreError> {
    let missing = || not_found("enrolmentId", "enrolment");
    let row = enrolment::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.enrolments()))
        .lock_exclusive()
        .one(txn)
        .await?
        .ok_or_else(missing)?;
    let hub = hub::Entity::find_by_id(row.hub_id).one(txn).await?.ok_or_else(missing)?;
    Ok((row, hub))
}

/// A booking the caller may see, not locked yet.
pub(super) async fn booking(
    txn: &DatabaseTransaction,
    scope: &Scope,
    id: Uuid,
) -> Result<booking::Model, StoreError> {
    booking::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.bookings()))
        .one(txn)
        .await?
        .ok_or_else(|| not_found("bookingId", "booking"))
}

/// The hub that hosts an event, if one does.
pub(super) async fn host(
    txn: &DatabaseTransaction,
    event: &event::Model,
) -> Result<Option<hub::Model>, StoreError> {
    match event.hub_id {
        Some(id) => Ok(hub::Entity::find_by_id(id).one(txn).await?),
        None => Ok(None),
    }
}

/// Whether the caller acts for a partner: its own people, or those who run its hub.
pub(super) fn acts_for(scope: &Scope, enrolment: &enrolment::Model, hub: &hub::Model) -> bool {
    let own = match scope {
        Scope::System => true,
        Scope::Viewer(viewer) => viewer.settings.contains(&enrolment.partner_setting_id),
    };
    own || runs_hub(scope, hub)
}

/// Whether the caller keeps an event's register: those who run the hub that hosts it; for an event
/// of the whole programme, those who run the partner's hub.
pub(super) fn keeps_register(
    scope: &Scope,
    host: Option<&hub::Model>,
    partners: &hub::Model,
) -> bool {
    runs_hub(scope, host.unwrap_or(partners))
}

/// An event, as the rules look at it.
pub(super) fn occasion(event: &event::Model) -> Occasion {
    Occasion {
        hub: event.hub_id,
        cohort: event.cohort_id,
        starts_at: event.starts_at,
        ends_at: event.ends_at,
        published_at: event.published_at,
        cancelled: event.cancelled_at.is_some(),
    }
}

/// A partner, as the rules look at it.
pub(super) fn standing(enrolment: &enrolment::Model) -> Standing {
    Standing { hub: enrolment.hub_id, cohort: enrolment.cohort_id, ended_on: enrolment.ended_on }
}

/// The live bookings of an event, in their order, and as the rules look at them.
pub(super) async fn bookings(
    txn: &DatabaseTransaction,
    event_id: Uuid,
) -> Result<(Vec<booking::Model>, Vec<Held>), StoreError> {
    let rows = booking::Entity::find()
        .filter(booking::Column::EventId.eq(event_id))
        .filter(booking::Column::State.is_in(["booked", "waiting"]))
        .order_by_asc(booking::Column::BookedAt)
        .all(txn)
        .await?;
    let held = rows.iter().map(held).collect::<Result<_, _>>()?;
    Ok((rows, held))
}

/// A booking, as the rules look at it.
pub(super) fn held(row: &booking::Model) -> Result<Held, StoreError> {
    let state = word("booking", row.id, &row.state)?;
    Ok(Held { id: row.id, places: row.places, state, booked_at: row.booked_at })
}

/// Refuses what a rule stands in the way of.
pub(super) fn check(bar: Option<Bar>) -> Result<(), StoreError> {
    let Some(bar) = bar else { return Ok(()) };
    let field = match bar {
        Bar::Ended | Bar::NotForThem => "enrolmentId",
        Bar::BeforeIt | Bar::InTheFuture => "watchedOn",
        Bar::Cancelled | Bar::NotPublished | Bar::Over | Bar::NotBegun | Bar::NotEnded => "eventId",
    };
    let code = match bar {
        Bar::BeforeIt | Bar::InTheFuture => RefusalCode::Invalid,
        _ => RefusalCode::Conflict,
    };
    Err(StoreError::refused(code, Some(field), bar.sentence()))
}

/// Locks enrolments, whatever their order in the list, by id.
pub(super) async fn lock_enrolments(
    txn: &DatabaseTransaction,
    ids: &BTreeSet<Uuid>,
) -> Result<(), StoreError> {
    for id in ids {
        enrolment::Entity::find_by_id(*id).lock_exclusive().one(txn).await?;
    }
    Ok(())
}
