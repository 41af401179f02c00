//! What can be done to events, bookings and event attendance.

use async_graphql::{Context, MaybeUndefined, Object};
use entity::events::{
    self, Book, Details, Edit, EventEdit, NewEvent, Presence, Watching, attendance, booking,
    event_attendance,
};
use entity::outcome::StoreError;
use entity::programme::event;
use sea_orm::DatabaseTransaction;

use super::inputs::{
    BookingCancelInput, BookingChangeInput, BookingCreateInput, EventAttendanceCorrectInput,
    EventAttendanceRecordInput, EventCancelInput, EventCreateInput, EventEditInput,
    EventPublishInput, EventRecordingWatchedInput,
};
use crate::act::{Acting, Answered, payloads, row};

/// A booking and a record of attendance are found by who takes part in what.
const WHO_AT_WHAT: &[(&str, &str)] = &[("eventId", "event_id"), ("enrolmentId", "enrolment_id")];

payloads! {
    "What became of an event."
    EventPayload {
        /// The event as it stands now; null if nothing was done.
        event: event as "Event"
    }
    "What became of a booking."
    BookingPayload {
        /// The booking as it stands now, with places or waiting; null if nothing was done.
        booking: booking as "Booking" by WHO_AT_WHAT
    }
    "What became of a record of event attendance."
    EventAttendancePayload {
        /// What is recorded now; null if nothing was done.
        event_attendance: event_attendance as "EventAttendance" by WHO_AT_WHAT
    }
}

/// Mutations of this area.
#[derive(Debug, Default)]
pub struct EventMutations;

#[Object]
impl EventMutations {
    /// Plans an event, as a draft that only its host sees. A hub's is for the hub's lead, its
    /// regional lead and programme admins; one of the whole programme for admins.
    async fn event_create(
        &self,
        context: &Context<'_>,
        input: EventCreateInput,
    ) -> Answered<EventPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, create(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Changes an event; who owes it owes it by its new day. For those who may plan it.
    async fn event_edit(
        &self,
        context: &Context<'_>,
        input: EventEditInput,
    ) -> Answered<EventPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, edit(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Publishes an event, now or later: from then on schools see it, can book it and owe it. For
    /// those who may plan it.
    async fn event_publish(
        &self,
        context: &Context<'_>,
        input: EventPublishInput,
    ) -> Answered<EventPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, publish(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Cancels an event: its bookings end and nobody owes it. For those who may plan it.
    async fn event_cancel(
        &self,
        context: &Context<'_>,
        input: EventCancelInput,
    ) -> Answered<EventPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, cancel(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Books places, or puts the partner on the waiting list where there are not enough. For the
    /// partner's own people, its hub's lead and those above.
    async fn booking_create(
        &self,
        context: &Context<'_>,
        input: BookingCreateInput,
    ) -> Answered<BookingPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, book(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Changes how many places a booking is for. For the partner, its hub's lead and the host.
    async fn booking_change(
        &self,
        context: &Context<'_>,
        input: BookingChangeInput,
    ) -> Answered<BookingPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, change(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Gives a booking up; its places go to who waits first. For the partner, its hub's lead and the
    /// host.
    async fn booking_cancel(
        &self,
        context: &Context<'_>,
        input: BookingCancelInput,
    ) -> Answered<BookingPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, give_up(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Records whether a partner was at an event. For the lead of the hub that hosts it; at an event
    /// of the whole programme, of the partner's hub; and those above.
    async fn event_attendance_record(
        &self,
        context: &Context<'_>,
        input: EventAttendanceRecordInput,
    ) -> Answered<EventAttendancePayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, record(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Puts right what was recorded, and with it what the partner owes. For those who may record it.
    async fn event_attendance_correct(
        &self,
        context: &Context<'_>,
        input: EventAttendanceCorrectInput,
    ) -> Answered<EventAttendancePayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, correct(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Records that a partner watched the recording of an event. For the partner's own people, its
    /// hub's lead and those above.
    async fn event_recording_watched(
        &self,
        context: &Context<'_>,
        input: EventRecordingWatchedInput,
    ) -> Answered<EventAttendancePayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, watched(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }
}

async fn create(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: EventCreateInput,
) -> Result<event::Model, StoreError> {
    let hub_id = input.hub_id.as_ref().map(|id| row("Hub", "hubId", id)).transpose()?;
    let cohort_id = input.cohort_id.as_ref().map(|id| row("Cohort", "cohortId", id)).transpose()?;
    let wish = NewEvent {
        programme_id: row("Programme", "programmeId", &input.programme_id)?,
        hub_id,
        cohort_id,
        key: input.key,
        kind: input.kind.0,
        title: input.title,
        starts_at: input.starts_at.0,
        ends_at: input.ends_at.0,
        details: Details {
            summary: input.summary,
            place: input.place,
            joining_details: input.joining_details,
            module: input.module.map(|word| word.0),
            capacity: input.capacity,
            recording_url: input.recording_url,
        },
    };
    events::create(txn, &acting.scope, acting.now, wish).await
}

fn edited<T>(value: MaybeUndefined<T>) -> Edit<T> {
    match value {
        MaybeUndefined::Undefined => Edit::Keep,
        MaybeUndefined::Null => Edit::Set(None),
        MaybeUndefined::Value(value) => Edit::Set(Some(value)),
    }
}

async fn edit(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: EventEditInput,
) -> Result<event::Model, StoreError> {
    let id = row("Event", "eventId", &input.event_id)?;
    let wish = EventEdit {
        title: input.title,
        starts_at: input.starts_at.map(|moment| moment.0),
        ends_at: input.ends_at.map(|moment| moment.0),
        summary: edited(input.summary),
        place: edited(input.place),
        joining_details: edited(input.joining_details),
        module: input.module.map(|word| word.0),
        capacity: edited(input.capacity),
        recording_url: edited(input.recording_url),
    };
    events::edit(txn, &acting.scope, acting.now, id, input.expected_version, wish).await
}

async fn publish(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &EventPublishInput,
) -> Result<event::Model, StoreError> {
    let id = row("Event", "eventId", &input.event_id)?;
    let at = input.publish_at.map(|moment| moment.0);
    events::publish(txn, &acting.scope, acting.now, id, input.expected_version, at).await
}

async fn cancel(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &EventCancelInput,
) -> Result<event::Model, StoreError> {
    let id = row("Event", "eventId", &input.event_id)?;
    events::cancel(txn, &acting.scope, acting.now, id, input.expected_version, &input.reason).await
}

async fn book(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &BookingCreateInput,
) -> Result<booking::Model, StoreError> {
    let wish = Book {
        event_id: row("Event", "eventId", &input.event_id)?,
        enrolment_id: row("Enrolment", "enrolmentId", &input.enrolment_id)?,
        places: input.places,
    };
    events::book(txn, &acting.scope, acting.by(), acting.now, wish).await
}

async fn change(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &BookingChangeInput,
) -> Result<booking::Model, StoreError> {
    let id = row("Booking", "bookingId", &input.booking_id)?;
    let (version, places) = (input.expected_version, input.places);
    events::change_booking(txn, &acting.scope, acting.now, id, version, places).await
}

async fn give_up(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &BookingCancelInput,
) -> Result<booking::Model, StoreError> {
    let id = row("Booking", "bookingId", &input.booking_id)?;
    let (version, reason) = (input.expected_version, &input.reason);
    events::cancel_booking(txn, &acting.scope, acting.now, id, version, reason).await
}

async fn record(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: EventAttendanceRecordInput,
) -> Result<event_attendance::Model, StoreError> {
    let of = (
        row("Event", "eventId", &input.event_id)?,
        row("Enrolment", "enrolmentId", &input.enrolment_id)?,
    );
    let EventAttendanceRecordInput { attended, people, senior_leader, note, .. } = input;
    let presence = Presence { attended, people, senior_leader, note };
    attendance::record(txn, &acting.scope, acting.by(), acting.now, of, presence).await
}

async fn correct(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: EventAttendanceCorrectInput,
) -> Result<event_attendance::Model, StoreError> {
    let id = row("EventAttendance", "eventAttendanceId", &input.event_attendance_id)?;
    let version = input.expected_version;
    let EventAttendanceCorrectInput { attended, people, senior_leader, note, .. } = input;
    let presence = Presence { attended, people, senior_leader, note };
    let (scope, by, now) = (&acting.scope, acting.by(), acting.now);
    attendance::correct(txn, scope, by, now, id, version, presence).await
}

async fn watched(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: EventRecordingWatchedInput,
) -> Result<event_attendance::Model, StoreError> {
    let of = (
        row("Event", "eventId", &input.event_id)?,
        row("Enrolment", "enrolmentId", &input.enrolment_id)?,
    );
    let EventRecordingWatchedInput { watched_on, people, senior_leader, note, .. } = input;
    let watching = Watching { watched_on: watched_on.0, people, senior_leader, note };
    attendance::record_watching(txn, &acting.scope, acting.by(), acting.now, of, watching).await
}
