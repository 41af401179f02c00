//! Arranging a visit: one side names a time, the other agrees, either calls it off.

use chrono::{DateTime, Utc};
use rules::visits::{Party, Slot, VisitKind, VisitState, VisitStep};
use sea_orm::{DatabaseTransaction, EntityTrait as _, IntoActiveModel as _};
use serde_json::json;
use uuid::Uuid;

use super::checks::{check_free, check_pathway, check_time, hold, visitor};
use super::{Taken, note, put, visit};
use crate::enrolments::{check_text, partnership, refused, settle_enrolment};
use crate::id::new_id;
use crate::outcome::{Faults, RefusalCode, StoreError, word};
use crate::plans::actions;
use crate::scope::Scope;

/// A visit somebody proposes.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The partner's enrolment.
    pub enrolment_id: Uuid,
    /// What kind of visit.
    pub kind: VisitKind,
    /// When.
    pub slot: Slot,
    /// Support time planned, in half days.
    pub half_days: i32,
    /// What it is for, in a sentence.
    pub purpose: String,
    /// Who of the hub comes; the proposing hub lead, when absent.
    pub visitor_id: Option<Uuid>,
}

/// That a side agrees.
#[derive(Clone, Debug)]
pub struct Agree {
    /// To which visit.
    pub visit_id: Uuid,
    /// Its version as the caller read it.
    pub expected_version: Option<i32>,
    /// Who of the hub comes, if its side agrees; the agreeing hub lead, when absent.
    pub visitor_id: Option<Uuid>,
}

/// Another time for a visit.
#[derive(Clone, Debug)]
pub struct Reschedule {
    /// Which visit.
    pub visit_id: Uuid,
    /// Its version as the caller read it.
    pub expected_version: Option<i32>,
    /// When instead.
    pub slot: Slot,
    /// Support time planned, in half days; as before, when absent.
    pub half_days: Option<i32>,
    /// Who of the hub comes, if its side asks; as before, when absent.
    pub visitor_id: Option<Uuid>,
    /// Why, if they say.
    pub reason: String,
}

/// That a visit does not take place.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// Which visit.
    pub visit_id: Uuid,
    /// Its version as the caller read it.
    pub expected_version: Option<i32>,
    /// The side that called it off; the caller's, when absent. The hub's side may write down that
    /// the partner rang, or was not there.
    pub called_off_by: Option<Party>,
    /// Why.
    pub reason: String,
}

/// Proposes a visit, for the caller's side. The other side agrees.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn propose(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    wish: Proposal,
) -> Result<visit::Model, StoreError> {
    let pair = partnership(txn, scope, wish.enrolment_id).await?;
    let mut faults = Faults::default();
    faults.note(check_purpose(&wish.purpose))?;
    faults.note(check_pathway(txn, &pair.enrolment, wish.kind, wish.half_days).await)?;
    let length = ("halfDays", wish.half_days);
    faults.note(check_time(txn, &pair.enrolment, wish.slot, length).await)?;
    faults.note(check_ahead(pair.party, wish.slot, now))?;
    faults.end()?;
    let visitor_id = visitor(txn, &pair, by, wish.visitor_id, None).await?;
    check_free(txn, None, pair.enrolment.id, visitor_id, wish.slot).await?;
    let row = visit::Model {
        id: new_id(now),
        programme_id: pair.enrolment.programme_id,
        enrolment_id: pair.enrolment.id,
        hub_id: pair.hub.id,
        kind: <&str>::from(wish.kind).to_owned(),
        state: text(VisitState::Proposed),
        visitor_id,
        purpose: wish.purpose.trim().to_owned(),
        starts_at: wish.slot.starts_at,
        ends_at: wish.slot.ends_at,
        half_days: wish.half_days,
        proposed_by: <&str>::from(pair.party).to_owned(),
        agreed_at: None,
        held_on: None,
        half_days_used: None,
        attendees: json!([]),
        summary: None,
        cancelled_by: None,
        cancelled_at: None,
        cancellation_reason: None,
        sequence: 0,
        version: 1,
        created_at: now,
        changed_at: now,
    };
    visit::Entity::insert(row.clone().into_active_model()).exec_without_returning(txn).await?;
    let taken = Taken { step: VisitStep::Proposed, party: Some(pair.party), by, reason: None };
    note(txn, now, &row, taken).await?;
    settle_enrolment(txn, now, row.enrolment_id).await?;
    Ok(row)
}

/// Agrees, for the caller's side, to the time that the other named.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn agree(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    wish: Agree,
) -> Result<visit::Model, StoreError> {
    let held = hold(txn, scope, wish.visit_id, wish.expected_version).await?;
    held.check_step(VisitStep::Agreed)?;
    let slot = held.slot();
    if slot.ends_at <= now {
        let message = "That time has passed; name another.";
        return refused(RefusalCode::Conflict, "visitId", message);
    }
    let visitor_id = visitor(txn, &held.pair, by, wish.visitor_id, held.visit.visitor_id).await?;
    check_free(txn, Some(held.visit.id), held.visit.enrolment_id, visitor_id, slot).await?;
    let taken = Taken { step: VisitStep::Agreed, party: Some(held.pair.party), by, reason: None };
    let row = visit::Model {
        state: text(VisitState::Agreed),
        visitor_id,
        agreed_at: Some(now),
        sequence: held.visit.sequence + 1,
        ..held.visit
    };
    let row = put(txn, now, row, taken).await?;
    settle_enrolment(txn, now, row.enrolment_id).await?;
    Ok(row)
}

/// Names another time for a visit that has not been recorded, for the caller's side; the other side
/// has to agree anew.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn reschedule(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    wish: Reschedule,
) -> Result<visit::Model, StoreError> {
    let held = hold(txn, scope, wish.visit_id, wish.expected_version).await?;
    held.check_step(VisitStep::Rescheduled)?;
    check_text("reason", &wish.reason, false)?;
    let half_days = wish.half_days.unwrap_or(held.visit.half_days);
    check_time(txn, &held.pair.enrolment, wish.slot, ("halfDays", half_days)).await?;
    if half_days < held.visit.half_days {
        let kind = word("visit", held.visit.id, &held.visit.kind)?;
        check_pathway(txn, &held.pair.enrolment, kind, half_days).await?;
    }
    check_ahead(held.pair.party, wish.slot, now)?;
    let visitor_id = visitor(txn, &held.pair, by, wish.visitor_id, held.visit.visitor_id).await?;
    check_free(txn, Some(held.visit.id), held.visit.enrolment_id, visitor_id, wish.slot).await?;
    let reason = Some(wish.reason.as_str()).filter(|reason| !reason.trim().is_empty());
    let taken = Taken { step: VisitStep::Rescheduled, party: Some(held.pair.party), by, reason };
    let row = visit::Model {
        state: text(VisitState::Proposed),
        visitor_id,
        starts_at: wish.slot.starts_at,
        ends_at: wish.slot.ends_at,
        half_days,
        proposed_by: <&str>::from(held.pair.party).to_owned(),
        agreed_at: None,
        sequence: held.visit.sequence + 1,
        ..held.visit
    };
    let row = put(txn, now, row, taken).await?;
    settle_enrolment(txn, now, row.enrolment_id).await?;
    Ok(row)
}

/// Calls a visit off, with a reason. What the partner declines, cancels or misses is told apart from
/// what the hub calls off by `cancelled_by`. The hub's side also takes back so what it recorded by
/// mistake, naming the version it read: the record goes, and obligations follow.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn cancel(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    wish: Cancel,
) -> Result<visit::Model, StoreError> {
    let held = hold(txn, scope, wish.visit_id, wish.expected_version).await?;
    held.check_step(VisitStep::Cancelled)?;
    check_text("reason", &wish.reason, true)?;
    if held.state == VisitState::Recorded {
        if wish.expected_version.is_none() {
            let message = "This visit is recorded; give its version to cancel it.";
            return refused(RefusalCode::Conflict, "expectedVersion", message);
        }
        actions::drop_open(txn, now, held.visit.id).await?;
    }
    let party = held.pair.party;
    let called_off_by = wish.called_off_by.unwrap_or(party);
    if party == Party::Partner && called_off_by == Party::Hub {
        let message = "Only the lead's side can say that it called the visit off.";
        return refused(RefusalCode::Forbidden, "calledOffBy", message);
    }
    let taken =
        Taken { step: VisitStep::Cancelled, party: Some(party), by, reason: Some(&wish.reason) };
    let row = visit::Model {
        state: text(VisitState::Cancelled),
        cancelled_by: Some(<&str>::from(called_off_by).to_owned()),
        cancelled_at: Some(now),
        cancellation_reason: Some(wish.reason.trim().to_owned()),
        held_on: None,
        half_days_used: None,
        attendees: json!([]),
        summary: None,
        sequence: held.visit.sequence + 1,
        ..held.visit
    };
    let row = put(txn, now, row, taken).await?;
    settle_enrolment(txn, now, row.enrolment_id).await?;
    Ok(row)
}

fn text(state: VisitState) -> String {
    <&str>::from(state).to_owned()
}

fn check_purpose(purpose: &str) -> Result<(), StoreError> {
    if purpose.trim().is_empty() {
        let message = "Say what the visit is for, in a sentence.";
        return refused(RefusalCode::Invalid, "purpose", message);
    }
    check_text("purpose", purpose, false)
}

/// The partner names times that lie ahead. The hub's side may also name one that has passed, for a
/// visit that took place without having been arranged here, so that it can be recorded.
fn check_ahead(party: Party, slot: Slot, now: DateTime<Utc>) -> Result<(), StoreError> {
    if party == Party::Hub || slot.starts_at > now {
        return Ok(());
    }
    refused(RefusalCode::Invalid, "startsAt", "Name a time that lies ahead.")
}
