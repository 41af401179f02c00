//! Who was at an event, and who watched its recording.
//!
//! A partner has at an event at most one row for having been there or not, and one for its recording.

use chrono::{DateTime, Utc};
use rules::events::{AttendanceMode, bar_to_attendance, bar_to_recording, has_recording};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::presence::{Presence, RECORDING, Wanted, Watching, mode, slot};
use super::{booking, event_attendance, seen};
use crate::enrolments::permission::require;
use crate::enrolments::{check_version, enrolment, refused, settle_enrolment};
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError, word};
use crate::programme::event;
use crate::scope::Scope;
use crate::write::{Written, put};

/// Records whether somebody of a partner was at an event. Recording the same twice changes nothing;
/// something else is put right by [`correct`].
///
/// # Errors
/// A refusal naming the field that cannot be, or a database fault.
pub async fn record(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    (event_id, enrolment_id): (Uuid, Uuid),
    presence: Presence,
) -> Result<event_attendance::Model, StoreError> {
    let (enrolment, hub) = seen::enrolment(txn, scope, enrolment_id).await?;
    let event = seen::event(txn, scope, now, event_id).await?;
    let host = seen::host(txn, &event).await?;
    require(
        seen::keeps_register(scope, host.as_ref(), &hub),
        "eventId",
        "The register is kept by the lead of the hub that hosts the event, or of the partner.",
    )?;
    let wanted = Wanted::presence(&event, presence)?;
    refuse_other(slot_of(txn, &event, &enrolment, wanted.mode).await?.as_ref(), &wanted)?;
    let (row, written) = write(txn, by, now, &event, &enrolment, wanted).await?;
    settle(txn, now, &row, written).await
}

/// Records that somebody of a partner watched an event's recording. Recording the same twice
/// changes nothing; something else is put right by [`correct`].
///
/// # Errors
/// A refusal naming the field that cannot be, or a database fault.
pub async fn record_watching(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    (event_id, enrolment_id): (Uuid, Uuid),
    watching: Watching,
) -> Result<event_attendance::Model, StoreError> {
    let (enrolment, hub) = seen::enrolment(txn, scope, enrolment_id).await?;
    require(
        seen::acts_for(scope, &enrolment, &hub),
        "enrolmentId",
        "Only the partner and its hub's lead say that it watched a recording.",
    )?;
    let event = seen::event(txn, scope, now, event_id).await?;
    let wanted = Wanted::watching(watching)?;
    refuse_other(slot_of(txn, &event, &enrolment, wanted.mode).await?.as_ref(), &wanted)?;
    let (row, written) = write(txn, by, now, &event, &enrolment, wanted).await?;
    settle(txn, now, &row, written).await
}

/// Puts a record right: whether anybody was there, or watched the recording, and who.
///
/// # Errors
/// A refusal naming the field that cannot be, or a database fault.
pub async fn correct(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    presence: Presence,
) -> Result<event_attendance::Model, StoreError> {
    let missing = || {
        let message = "There is no such event attendance.";
        StoreError::refused(RefusalCode::NotFound, Some("eventAttendanceId"), message)
    };
    let find = || event_attendance::Entity::find_by_id(id);
    let old = find()
        .filter(Condition::all().add(scope.event_attendances()))
        .one(txn)
        .await?
        .ok_or_else(missing)?;
    let (enrolment, hub) = seen::enrolment(txn, &Scope::System, old.enrolment_id).await?;
    let event = seen::event(txn, &Scope::System, now, old.event_id).await?;
    let host = seen::host(txn, &event).await?;
    let old = find().lock_exclusive().one(txn).await?.ok_or_else(missing)?;
    let of_recording = slot(mode(&old)?) == RECORDING;
    let allowed = if of_recording {
        seen::acts_for(scope, &enrolment, &hub)
    } else {
        seen::keeps_register(scope, host.as_ref(), &hub)
    };
    let message = "It is put right by whoever may record it.";
    require(allowed, "eventAttendanceId", message)?;
    check_version(old.version, expected_version)?;
    let wanted = if of_recording {
        let Presence { attended, people, senior_leader, note } = presence;
        if attended {
            Wanted::watching(Watching { watched_on: old.on_day, people, senior_leader, note })?
        } else {
            let nobody =
                Wanted::presence(&event, Presence { attended, people, senior_leader, note })?;
            Wanted { mode: AttendanceMode::NotWatched, on_day: old.on_day, ..nobody }
        }
    } else {
        Wanted::presence(&event, presence)?
    };
    let (row, written) = write(txn, by, now, &event, &enrolment, wanted).await?;
    settle(txn, now, &row, written).await
}

/// The row that a mode of a partner at an event has or would share, if it is there.
pub(super) async fn slot_of(
    txn: &DatabaseTransaction,
    event: &event::Model,
    enrolment: &enrolment::Model,
    mode: AttendanceMode,
) -> Result<Option<event_attendance::Model>, StoreError> {
    Ok(event_attendance::Entity::find()
        .filter(event_attendance::Column::EventId.eq(event.id))
        .filter(event_attendance::Column::EnrolmentId.eq(enrolment.id))
        .filter(event_attendance::Column::Mode.is_in(slot(mode)))
        .one(txn)
        .await?)
}

/// Refuses to record what goes against what is recorded. A recording that was not watched after all
/// can be watched later.
fn refuse_other(old: Option<&event_attendance::Model>, wanted: &Wanted) -> Result<(), StoreError> {
    let Some(old) = old else { return Ok(()) };
    let same = old.people == wanted.people
        && old.senior_leader == wanted.senior_leader
        && old.on_day == wanted.on_day
        && old.mode == <&str>::from(wanted.mode);
    if same || mode(old)? == AttendanceMode::NotWatched {
        return Ok(());
    }
    let message = "Something else is recorded of this partner already; correct that instead.";
    refused(RefusalCode::Conflict, "enrolmentId", message)
}

/// Writes a row after the checks that every way of recording shares.
pub(super) async fn write(
    txn: &DatabaseTransaction,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    event: &event::Model,
    enrolment: &enrolment::Model,
    wanted: Wanted,
) -> Result<(event_attendance::Model, Written), StoreError> {
    let old = slot_of(txn, event, enrolment, wanted.mode).await?;
    let booked = booking::Entity::find()
        .filter(booking::Column::EventId.eq(event.id))
        .filter(booking::Column::EnrolmentId.eq(enrolment.id))
        .count(txn)
        .await?;
    let known = old.is_some() || booked > 0;
    let (occasion, standing) = (seen::occasion(event), seen::standing(enrolment));
    if slot(wanted.mode) == RECORDING {
        let kind = word("event", event.id, &event.kind)?;
        if !has_recording(kind, event.recording_url.as_deref()) {
            let message = "There is no recording of this event.";
            return refused(RefusalCode::Conflict, "eventId", message);
        }
        seen::check(bar_to_recording(&occasion, &standing, known, wanted.on_day, now))?;
    } else {
        seen::check(bar_to_attendance(&occasion, &standing, known, now))?;
    }
    let Wanted { mode, on_day, people, senior_leader, note } = wanted;
    let mut row = event_attendance::Model {
        id: old.as_ref().map_or_else(|| new_id(now), |old| old.id),
        event_id: event.id,
        enrolment_id: enrolment.id,
        mode: <&str>::from(mode).to_owned(),
        on_day,
        people,
        senior_leader,
        note,
        recorded_by: old.as_ref().map_or(by, |old| old.recorded_by),
        recorded_at: old.as_ref().map_or(now, |old| old.recorded_at),
        version: old.as_ref().map_or(1, |old| old.version),
    };
    if old.as_ref().is_some_and(|old| *old != row) {
        row.version += 1;
        row.recorded_by = by;
        row.recorded_at = now;
    }
    let written = put(txn, old.as_ref(), row.clone()).await?;
    Ok((row, written))
}

async fn settle(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    row: &event_attendance::Model,
    written: Written,
) -> Result<event_attendance::Model, StoreError> {
    if written != Written::Unchanged {
        settle_enrolment(txn, now, row.enrolment_id).await?;
    }
    Ok(row.clone())
}
