//! What can be done to visits.

use async_graphql::{Context, ID, InputObject, Object};
use entity::outcome::{RefusalCode, StoreError};
use entity::visits::{self, Agree, Cancel, Proposal, Record, Reschedule, visit};
use rules::visits::{Attendee, Party, Slot, VisitKind};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use crate::act::{Acting, Answered, Moment, payloads, row};
use crate::plans::AgreedActionInput;
use crate::read::registry::Shown;

payloads! {
    "What became of a visit."
    VisitPayload {
        /// The visit as it stands now; null if nothing was done.
        visit: visit as "Visit"
    }
}

/// Which visit, with whom and when.
#[derive(InputObject)]
pub struct VisitProposeInput {
    /// The partner's enrolment.
    enrolment_id: ID,
    /// Kind of visit; the partner's pathway must have it.
    kind: Shown<VisitKind>,
    /// Start, within one of the cohort's terms. A partner names a time that lies ahead; the lead's
    /// side may also name one that has passed, to record it.
    starts_at: Moment,
    /// End, after the start, in the same term.
    ends_at: Moment,
    /// Support time planned, in half days: 1 or 2 for each day; for a deep-dive visit no fewer than the
    /// pathway's commitment stands for.
    half_days: i32,
    /// What it is for, in a sentence.
    purpose: String,
    /// Who of the hub comes, a person, if you act for it; you, when absent.
    visitor_id: Option<ID>,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// Which visit you agree to.
#[derive(InputObject)]
pub struct VisitAgreeInput {
    /// The visit.
    visit_id: ID,
    /// Its version when you read it, since you agree to what you read: if somebody changed it
    /// since, nothing is done.
    expected_version: i32,
    /// Who of the hub comes, a person, if you act for it; you, when absent and nobody is named yet.
    visitor_id: Option<ID>,
}

/// Which visit, and when instead.
#[derive(InputObject)]
pub struct VisitRescheduleInput {
    /// The visit.
    visit_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    expected_version: Option<i32>,
    /// Start.
    starts_at: Moment,
    /// End.
    ends_at: Moment,
    /// Support time planned, in half days; as before, when absent.
    half_days: Option<i32>,
    /// Who of the hub comes, a person, if you act for it; as before, when absent.
    visitor_id: Option<ID>,
    /// Why, if you say.
    #[graphql(default)]
    reason: String,
}

/// Which visit does not take place, and why.
#[derive(InputObject)]
pub struct VisitCancelInput {
    /// The visit.
    visit_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done. Needed to cancel
    /// what is recorded already.
    expected_version: Option<i32>,
    /// The side that called it off; yours, when absent. The lead's side may say `PARTNER`, when the
    /// partner rang or was not there.
    called_off_by: Option<Shown<Party>>,
    /// Why.
    reason: String,
}

/// Somebody who came.
#[derive(InputObject)]
pub struct VisitAttendeeInput {
    /// Name.
    name: String,
    /// What they do there, such as `Deputy headteacher`.
    #[graphql(default)]
    role: String,
}

/// What was done at which visit.
#[derive(InputObject)]
pub struct VisitRecordInput {
    /// The visit.
    visit_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done. Needed to put
    /// right what is recorded already.
    expected_version: Option<i32>,
    /// When it began, if not at the time arranged; give both, or neither.
    starts_at: Option<Moment>,
    /// When it ended, if not at the time arranged.
    ends_at: Option<Moment>,
    /// Support time used, in half days: 1 or 2 for each day. It counts for the first day.
    half_days_used: i32,
    /// Who came, of both sides.
    attendees: Vec<VisitAttendeeInput>,
    /// What was done.
    summary: String,
    /// What was agreed to be done; added to what there is already.
    #[graphql(default)]
    agreed_actions: Vec<AgreedActionInput>,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// Mutations of this area.
#[derive(Debug, Default)]
pub struct VisitMutations;

#[Object]
impl VisitMutations {
    /// Proposes a visit for your side, partner or hub; the other side agrees. Nobody is at two visits
    /// at a time: a proposal holds only the partner's time, and the visitor is held once it is agreed,
    /// so a visitor may be named in several proposals for one time, of which one is agreed.
    async fn visit_propose(
        &self,
        context: &Context<'_>,
        input: VisitProposeInput,
    ) -> Answered<VisitPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, propose(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Agrees to a visit's time, for the side that did not name it.
    async fn visit_agree(
        &self,
        context: &Context<'_>,
        input: VisitAgreeInput,
    ) -> Answered<VisitPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, agree(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Names another time for a visit, for your side; the other side agrees anew.
    async fn visit_reschedule(
        &self,
        context: &Context<'_>,
        input: VisitRescheduleInput,
    ) -> Answered<VisitPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, reschedule(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Calls a visit off. The lead's side can also cancel a visit that it recorded by mistake, giving
    /// `expectedVersion`: the record and its open agreed actions go, and what it had met is owed
    /// again.
    async fn visit_cancel(
        &self,
        context: &Context<'_>,
        input: VisitCancelInput,
    ) -> Answered<VisitPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, cancel(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Records a visit once it has begun, or puts its record right; what partner and hub owe follows.
    /// For the lead's side.
    async fn visit_record(
        &self,
        context: &Context<'_>,
        input: VisitRecordInput,
    ) -> Answered<VisitPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, record(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }
}

fn person(id: Option<&ID>) -> Result<Option<Uuid>, StoreError> {
    id.map(|id| row("Person", "visitorId", id)).transpose()
}

async fn propose(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: VisitProposeInput,
) -> Result<visit::Model, StoreError> {
    let wish = Proposal {
        enrolment_id: row("Enrolment", "enrolmentId", &input.enrolment_id)?,
        kind: input.kind.0,
        slot: Slot { starts_at: input.starts_at.0, ends_at: input.ends_at.0 },
        half_days: input.half_days,
        purpose: input.purpose,
        visitor_id: person(input.visitor_id.as_ref())?,
    };
    visits::propose(txn, &acting.scope, acting.by(), acting.now, wish).await
}

async fn agree(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &VisitAgreeInput,
) -> Result<visit::Model, StoreError> {
    let wish = Agree {
        visit_id: row("Visit", "visitId", &input.visit_id)?,
        expected_version: Some(input.expected_version),
        visitor_id: person(input.visitor_id.as_ref())?,
    };
    visits::agree(txn, &acting.scope, acting.by(), acting.now, wish).await
}

async fn reschedule(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: VisitRescheduleInput,
) -> Result<visit::Model, StoreError> {
    let wish = Reschedule {
        visit_id: row("Visit", "visitId", &input.visit_id)?,
        expected_version: input.expected_version,
        slot: Slot { starts_at: input.starts_at.0, ends_at: input.ends_at.0 },
        half_days: input.half_days,
        visitor_id: person(input.visitor_id.as_ref())?,
        reason: input.reason,
    };
    visits::reschedule(txn, &acting.scope, acting.by(), acting.now, wish).await
}

async fn cancel(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: VisitCancelInput,
) -> Result<visit::Model, StoreError> {
    let wish = Cancel {
        visit_id: row("Visit", "visitId", &input.visit_id)?,
        expected_version: input.expected_version,
        called_off_by: input.called_off_by.map(|party| party.0),
        reason: input.reason,
    };
    visits::cancel(txn, &acting.scope, acting.by(), acting.now, wish).await
}

async fn record(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: VisitRecordInput,
) -> Result<visit::Model, StoreError> {
    let slot = match (input.starts_at, input.ends_at) {
        (Some(starts_at), Some(ends_at)) => {
            Some(Slot { starts_at: starts_at.0, ends_at: ends_at.0 })
        }
        (None, None) => None,
        (starts_at, _) => {
            let absent = if starts_at.is_none() { "startsAt" } else { "endsAt" };
            let message = "Give both the start and the end, or neither.";
            return Err(StoreError::refused(RefusalCode::Invalid, Some(absent), message));
        }
    };
    let attendees = input.attendees.into_iter();
    let wish = Record {
        visit_id: row("Visit", "visitId", &input.visit_id)?,
        expected_version: input.expected_version,
        slot,
        half_days_used: input.half_days_used,
        attendees: attendees.map(|one| Attendee { name: one.name, role: one.role }).collect(),
        summary: input.summary,
        actions: input.agreed_actions.into_iter().map(Into::into).collect(),
    };
    visits::record(txn, &acting.scope, acting.by(), acting.now, wish).await
}
