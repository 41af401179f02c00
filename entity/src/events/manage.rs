//! Planning events: creating, changing, publishing and cancelling them.

use chrono::{DateTime, Utc};
use rules::programme::EventKind;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, Condition, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};
use uuid::Uuid;

use super::checks::{check, check_module, filled, free_key, made_up_key};
use super::places::{release, serve, tell_of_change};
use super::seen;
use super::wishes::{Details, EventEdit, NewEvent};
use crate::enrolments::permission::{require, runs_hub};
use crate::enrolments::{check_text, check_version, refused, settle_event};
use crate::hubs::hub;
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError, word};
use crate::programme::{cohort, event, programme};
use crate::scope::Scope;

/// Plans an event, as a draft that only its host sees.
///
/// # Errors
/// A refusal naming the field that cannot be, or a database fault.
pub async fn create(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    wish: NewEvent,
) -> Result<event::Model, StoreError> {
    let of = programme::Entity::find_by_id(wish.programme_id).one(txn).await?;
    if of.is_none() {
        return refused(RefusalCode::NotFound, "programmeId", "There is no such programme.");
    }
    let host = match wish.hub_id {
        Some(id) => {
            let found = hub::Entity::find_by_id(id)
                .filter(Condition::all().add(scope.hubs()))
                .one(txn)
                .await?;
            let missing = "There is no such hub.";
            Some(found.ok_or_else(|| {
                StoreError::refused(RefusalCode::NotFound, Some("hubId"), missing)
            })?)
        }
        None => None,
    };
    check_host(scope, host.as_ref(), "hubId")?;
    if host.as_ref().is_some_and(|hub| hub.programme_id != wish.programme_id) {
        let message = "That hub belongs to another programme.";
        return refused(RefusalCode::Invalid, "hubId", message);
    }
    if let Some(id) = wish.cohort_id {
        let found = cohort::Entity::find_by_id(id).one(txn).await?;
        if found.is_none_or(|row| row.programme_id != wish.programme_id) {
            return refused(RefusalCode::NotFound, "cohortId", "There is no such cohort.");
        }
    }
    let Details { summary, place, joining_details, module, capacity, recording_url } = wish.details;
    check_module(wish.kind, module)?;
    let row = event::Model {
        id: new_id(now),
        programme_id: wish.programme_id,
        cohort_id: wish.cohort_id,
        hub_id: wish.hub_id,
        key: String::new(),
        kind: <&str>::from(wish.kind).to_owned(),
        title: wish.title.trim().to_owned(),
        starts_at: wish.starts_at,
        ends_at: wish.ends_at,
        published_at: None,
        cancelled_at: None,
        version: 1,
        summary: filled(summary),
        place: filled(place),
        joining_details: filled(joining_details),
        module: module.map(|word| <&str>::from(word).to_owned()),
        capacity,
        recording_url: filled(recording_url),
        cancellation_reason: None,
        changed_at: Some(now),
        places_booked: 0,
    };
    check(&row, now)?;
    let key = match wish.key {
        Some(key) => free_key(txn, wish.programme_id, key).await?,
        None => made_up_key(txn, host.as_ref(), wish.kind, &row).await?,
    };
    let row = event::Model { key, ..row };
    event::Entity::insert(row.clone().into_active_model()).exec_without_returning(txn).await?;
    Ok(row)
}

/// Changes an event. More places go to those who wait, and everybody owes it by its new day.
///
/// # Errors
/// A refusal naming the field that cannot be, or a database fault.
pub async fn edit(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    wish: EventEdit,
) -> Result<event::Model, StoreError> {
    let old = own(txn, scope, now, id).await?;
    check_version(old.version, expected_version)?;
    if old.cancelled_at.is_some() {
        return refused(RefusalCode::Conflict, "eventId", "This event is cancelled.");
    }
    let kind: EventKind = word("event", old.id, &old.kind)?;
    if wish.module.is_some() {
        check_module(kind, wish.module)?;
    }
    let mut row = old.clone();
    row.title = wish.title.map_or(row.title, |title| title.trim().to_owned());
    row.starts_at = wish.starts_at.unwrap_or(row.starts_at);
    row.ends_at = wish.ends_at.unwrap_or(row.ends_at);
    row.summary = filled(wish.summary.or(row.summary));
    row.place = filled(wish.place.or(row.place));
    row.joining_details = filled(wish.joining_details.or(row.joining_details));
    row.module = wish.module.map(|word| <&str>::from(word).to_owned()).or(row.module);
    row.capacity = wish.capacity.or(row.capacity);
    row.recording_url = filled(wish.recording_url.or(row.recording_url));
    if row == old {
        return Ok(old);
    }
    check(&row, now)?;
    let moved = (row.starts_at, row.ends_at) != (old.starts_at, old.ends_at);
    if moved && old.published_at.is_some_and(|at| at <= now) {
        if old.starts_at <= now {
            let message = "It has begun, so it can no longer be moved.";
            return refused(RefusalCode::Conflict, "startsAt", message);
        }
        if row.starts_at <= now {
            let message = "A published event can only be moved to a time to come.";
            return refused(RefusalCode::Invalid, "startsAt", message);
        }
    }
    if let Some(capacity) = row.capacity
        && capacity < row.places_booked
    {
        let message =
            format!("{} places are booked: the capacity cannot go below that.", row.places_booked);
        return Err(StoreError::refused(RefusalCode::Conflict, Some("capacity"), message));
    }
    let row = save(txn, now, row).await?;
    tell_of_change(txn, now, &old, &row).await?;
    serve(txn, now, row.id).await?;
    if moved || row.title != old.title {
        settle_event(txn, now, &row).await?;
    }
    again(txn, row).await
}

/// Publishes an event, now or at a moment to come: from then on schools see it, can book it and owe
/// it. Publishing twice changes nothing.
///
/// # Errors
/// A refusal naming the field that cannot be, or a database fault.
pub async fn publish(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    publish_at: Option<DateTime<Utc>>,
) -> Result<event::Model, StoreError> {
    let old = own(txn, scope, now, id).await?;
    if old.cancelled_at.is_some() {
        return refused(RefusalCode::Conflict, "eventId", "This event is cancelled.");
    }
    if old.published_at.is_some_and(|at| at <= now) {
        if publish_at.is_some_and(|at| at > now) {
            let message = "It is published already; what schools have seen cannot be taken back.";
            return refused(RefusalCode::Conflict, "publishAt", message);
        }
        return Ok(old);
    }
    check_version(old.version, expected_version)?;
    let at = publish_at.unwrap_or(now);
    if at < now {
        let message = "It cannot be published in the past: nobody could have seen it.";
        return refused(RefusalCode::Invalid, "publishAt", message);
    }
    if publish_at.is_some() && at >= old.ends_at {
        return refused(RefusalCode::Invalid, "publishAt", "It will be over by then.");
    }
    let row = save(txn, now, event::Model { published_at: Some(at), ..old }).await?;
    settle_event(txn, now, &row).await?;
    Ok(row)
}

/// Cancels an event: its bookings end, and nobody owes it any longer. Cancelling twice changes
/// nothing.
///
/// # Errors
/// A refusal naming the field that cannot be, or a database fault.
pub async fn cancel(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    reason: &str,
) -> Result<event::Model, StoreError> {
    let old = own(txn, scope, now, id).await?;
    check_text("reason", reason, true)?;
    if old.cancelled_at.is_some() {
        return Ok(old);
    }
    check_version(old.version, expected_version)?;
    if old.published_at.is_some_and(|at| at <= now) && old.ends_at <= now {
        return refused(RefusalCode::Conflict, "eventId", "It has taken place already.");
    }
    let cancellation_reason = Some(reason.trim().to_owned());
    let row = event::Model { cancelled_at: Some(now), cancellation_reason, ..old };
    let row = save(txn, now, row).await?;
    release(txn, now, &row, &format!("The event was cancelled: {}", reason.trim())).await?;
    settle_event(txn, now, &row).await?;
    again(txn, row).await
}

/// An event the caller may change, locked after the enrolments it may touch.
async fn own(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
) -> Result<event::Model, StoreError> {
    seen::lock_invited(txn, id).await?;
    let row = seen::event(txn, scope, now, id).await?;
    let host = seen::host(txn, &row).await?;
    check_host(scope, host.as_ref(), "eventId")?;
    Ok(row)
}

fn check_host(
    scope: &Scope,
    host: Option<&hub::Model>,
    field: &'static str,
) -> Result<(), StoreError> {
    let allowed = match (host, scope) {
        (Some(hub), _) => runs_hub(scope, hub),
        (None, Scope::System) => true,
        (None, Scope::Viewer(viewer)) => viewer.admin,
    };
    let message = "A hub's events are its lead's, those of the whole programme an admin's.";
    require(allowed, field, message)
}

async fn save(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    row: event::Model,
) -> Result<event::Model, StoreError> {
    let version = row.version + 1;
    let mut row = row.into_active_model().reset_all();
    row.version = Set(version);
    row.changed_at = Set(Some(now));
    Ok(row.update(txn).await?)
}

/// The event with the places that serving or ending bookings left it with.
async fn again(txn: &DatabaseTransaction, row: event::Model) -> Result<event::Model, StoreError> {
    Ok(event::Entity::find_by_id(row.id).one(txn).await?.unwrap_or(row))
}
