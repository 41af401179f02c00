//! Writing down what was done at a visit, and putting it right.

use chrono::{DateTime, Utc};
use rules::visits::{Attendee, Slot, VisitState, VisitStep, held_on};
use sea_orm::DatabaseTransaction;
use serde_json::json;
use uuid::Uuid;

use super::checks::{check_free, check_time, hold};
use super::{Taken, put, visit};
use crate::enrolments::{check_text, refused, settle_enrolment};
use crate::outcome::{Faults, RefusalCode, StoreError};
use crate::plans::actions::{self, ActionWish, Of};
use crate::scope::Scope;

/// Most people that a record of a visit names.
const MOST_ATTENDEES: usize = 50;
/// Most actions that one record of a visit adds.
const MOST_ACTIONS: usize = 50;

/// What was done at a visit.
#[derive(Clone, Debug)]
pub struct Record {
    /// Which visit.
    pub visit_id: Uuid,
    /// Its version as the caller read it; needed to put right what was recorded before.
    pub expected_version: Option<i32>,
    /// When it took place, if not at the time that was arranged. It counts for its first day.
    pub slot: Option<Slot>,
    /// Support time used, in half days.
    pub half_days_used: i32,
    /// Who came.
    pub attendees: Vec<Attendee>,
    /// What was done.
    pub summary: String,
    /// What was agreed to be done, by whom and by when; added to what is there already.
    pub actions: Vec<ActionWish>,
}

/// Records a visit that has begun, or puts its record right. It meets the obligations of the term in
/// which it took place, and a correction takes them along. Both sides need not have agreed to it
/// beforehand: it took place.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn record(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    wish: Record,
) -> Result<visit::Model, StoreError> {
    let held = hold(txn, scope, wish.visit_id, wish.expected_version).await?;
    let corrects = held.state == VisitState::Recorded;
    let step = if corrects { VisitStep::Corrected } else { VisitStep::Recorded };
    held.check_step(step)?;
    if corrects && wish.expected_version.is_none() {
        let message = "This visit is recorded already; give its version to put the record right.";
        return refused(RefusalCode::Conflict, "expectedVersion", message);
    }
    let slot = wish.slot.unwrap_or_else(|| held.slot());
    let mut faults = Faults::default();
    let length = ("halfDaysUsed", wish.half_days_used);
    faults.note(check_time(txn, &held.pair.enrolment, slot, length).await)?;
    faults.note(check_begun(slot, now))?;
    faults.note(check_attendees(&wish.attendees))?;
    faults.note(check_summary(&wish.summary))?;
    faults.note(check_actions(&wish.actions, slot, now))?;
    faults.end()?;
    let own = held.visit.id;
    check_free(txn, Some(own), held.visit.enrolment_id, held.visit.visitor_id, slot).await?;

    let moved = slot != held.slot();
    let taken = Taken { step, party: Some(held.pair.party), by, reason: None };
    let attendees = wish.attendees.iter();
    let attendees =
        attendees.map(|one| json!({ "name": one.name.trim(), "role": one.role.trim() }));
    let row = visit::Model {
        state: <&str>::from(VisitState::Recorded).to_owned(),
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        held_on: Some(held_on(slot)),
        half_days_used: Some(wish.half_days_used),
        attendees: attendees.collect(),
        summary: Some(wish.summary.trim().to_owned()),
        sequence: held.visit.sequence + i32::from(moved || !corrects),
        ..held.visit
    };
    let row = put(txn, now, row, taken).await?;
    for action in wish.actions {
        let of = Of { enrolment: row.enrolment_id, objective: None, visit: Some(row.id) };
        actions::insert(txn, now, of, action).await?;
    }
    settle_enrolment(txn, now, row.enrolment_id).await?;
    Ok(row)
}

fn check_begun(slot: Slot, now: DateTime<Utc>) -> Result<(), StoreError> {
    if slot.starts_at > now {
        let message = "This visit has not begun: record it once it has.";
        return refused(RefusalCode::Conflict, "visitId", message);
    }
    Ok(())
}

fn check_summary(summary: &str) -> Result<(), StoreError> {
    if summary.trim().is_empty() {
        return refused(RefusalCode::Invalid, "summary", "Say what was done, in a few words.");
    }
    check_text("summary", summary, false)
}

fn check_actions(actions: &[ActionWish], slot: Slot, now: DateTime<Utc>) -> Result<(), StoreError> {
    if actions.len() > MOST_ACTIONS {
        let message = format!("A record can add at most {MOST_ACTIONS} actions.");
        return refused(RefusalCode::Invalid, "agreedActions", &message);
    }
    actions.iter().try_for_each(|action| actions::check(action, held_on(slot), now))
}

fn check_attendees(attendees: &[Attendee]) -> Result<(), StoreError> {
    let field = "attendees";
    if attendees.is_empty() || attendees.len() > MOST_ATTENDEES {
        let message = format!("Say who came: 1 to {MOST_ATTENDEES} people.");
        return refused(RefusalCode::Invalid, field, &message);
    }
    if attendees.iter().any(|one| one.name.trim().is_empty()) {
        return refused(RefusalCode::Invalid, field, "Everybody who came needs a name.");
    }
    for one in attendees {
        check_text(field, &one.name, false)?;
        check_text(field, &one.role, false)?;
    }
    Ok(())
}
