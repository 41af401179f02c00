//! Recording what became of an obligation.

use chrono::{DateTime, Days, NaiveDate, Utc};
use rules::calendar::{in_words, local};
use rules::commitments::ObligationState;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, Condition, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::permission::{require, runs_hub};
use super::{check_text, check_version, facts, obligation};
use crate::engagement::{assess_enrolment, assess_hub};
use crate::hubs::hub;
use crate::outcome::{RefusalCode, StoreError};
use crate::programme::{commitment_template, event};
use crate::scope::Scope;

/// How far back a deed can be recorded, in days: a programme year and a little.
const EARLIEST: Days = Days::new(400);

/// Records that an obligation is met: by whom, when, on what evidence. Whoever may see the
/// obligation may record it. Recording the same again is harmless. Another day or note corrects what
/// was reported by hand, for who names the version they read; without one it is refused.
///
/// # Errors
/// A refusal, or a database fault.
#[expect(clippy::too_many_arguments, reason = "the caller, the row and what to write to it")]
pub async fn record_met(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    met_on: NaiveDate,
    note: &str,
) -> Result<obligation::Model, StoreError> {
    let old = visible(txn, scope, id).await?;
    check_text("note", note, false)?;
    let today = local(now).date();
    if met_on > today || met_on + EARLIEST < today {
        return Err(StoreError::refused(
            RefusalCode::Invalid,
            Some("metOn"),
            "Give the day it was done: not in the future, and not more than 400 days ago.",
        ));
    }
    match old.state.parse() {
        Ok(ObligationState::Met) => {
            if old.met_on == Some(met_on) && old.note.as_deref() == kept(note).as_deref() {
                return Ok(old);
            }
            check_correction(&old, expected_version)?;
            if met_on > old.due_on && closes_as_missed(txn, &old).await? {
                return Err(only_in_time());
            }
        }
        Ok(ObligationState::Cancelled) => return Err(not_owed()),
        Ok(ObligationState::Missed) if met_on > old.due_on => return Err(only_in_time()),
        _ => {}
    }
    if old.opens_on.is_some_and(|first| met_on < first) {
        let first = old.opens_on.map(in_words).unwrap_or_default();
        let message = format!("This can be done from {first} on.");
        return Err(StoreError::refused(RefusalCode::Invalid, Some("metOn"), message));
    }
    check_event(txn, &old, now, met_on).await?;
    check_version(old.version, expected_version)?;
    settle(txn, by, now, old, ObligationState::Met, Some(met_on), kept(note)).await
}

/// A note as it is stored: none, when it says nothing.
fn kept(note: &str) -> Option<String> {
    let note = note.trim();
    (!note.is_empty()).then(|| note.to_owned())
}

/// What is met already can be recorded otherwise only by who has seen the record, and only where it
/// was reported by hand.
fn check_correction(
    old: &obligation::Model,
    expected_version: Option<i32>,
) -> Result<(), StoreError> {
    let advice = match (&old.deed_kind, expected_version) {
        (Some(_), _) => "Put right what met it instead, such as the visit or the attendance.",
        (None, None) => "Give its version to correct the day or the note.",
        (None, Some(_)) => return Ok(()),
    };
    let on = old.met_on.map(in_words).unwrap_or_default();
    let message = format!("This was recorded as met on {on} already. {advice}");
    Err(StoreError::refused(RefusalCode::Conflict, Some("metOn"), message))
}

/// Whether its day cannot come back once it has passed.
async fn closes_as_missed(
    txn: &DatabaseTransaction,
    owed: &obligation::Model,
) -> Result<bool, StoreError> {
    let row = commitment_template::Entity::find_by_id(owed.template_id).one(txn).await?;
    Ok(row.map(facts::commitment).transpose()?.is_some_and(|one| one.rule.closes_as_missed))
}

fn only_in_time() -> StoreError {
    StoreError::refused(
        RefusalCode::Conflict,
        Some("metOn"),
        "This closed as missed: it can only be recorded as done by its day.",
    )
}

/// Excuses a partner or a hub from an obligation, with a reason. The hub's lead excuses partners;
/// only those above a hub excuse the hub itself.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn excuse(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    reason: &str,
) -> Result<obligation::Model, StoreError> {
    let old = visible(txn, scope, id).await?;
    let hub = hub::Entity::find_by_id(old.hub_id).one(txn).await?.ok_or_else(missing)?;
    let allowed = if old.enrolment_id.is_some() {
        runs_hub(scope, &hub)
    } else {
        super::permission::oversees_hub(scope, &hub)
    };
    require(
        allowed,
        "obligationId",
        "A partner is excused by its hub's lead, a hub by the programme.",
    )?;
    check_text("reason", reason, true)?;
    match old.state.parse() {
        Ok(ObligationState::Excused) => return Ok(old),
        Ok(ObligationState::Cancelled) => return Err(not_owed()),
        Ok(ObligationState::Met) => {
            return Err(StoreError::refused(
                RefusalCode::Conflict,
                Some("obligationId"),
                "This was met already; there is nothing to excuse.",
            ));
        }
        _ => {}
    }
    check_version(old.version, expected_version)?;
    let reason = Some(reason.trim().to_owned());
    settle(txn, by, now, old, ObligationState::Excused, None, reason).await
}

pub(super) fn missing() -> StoreError {
    StoreError::refused(RefusalCode::NotFound, Some("obligationId"), "There is no such obligation.")
}

fn not_owed() -> StoreError {
    StoreError::refused(RefusalCode::Conflict, Some("obligationId"), "This is no longer owed.")
}

/// Nobody has attended what has not taken place, and nobody watches a recording before there is one.
async fn check_event(
    txn: &DatabaseTransaction,
    owed: &obligation::Model,
    now: DateTime<Utc>,
    met_on: NaiveDate,
) -> Result<(), StoreError> {
    let Some(event_id) = owed.event_id else {
        return Ok(());
    };
    let Some(event) = event::Entity::find_by_id(event_id).one(txn).await? else {
        return Ok(());
    };
    let day = local(event.starts_at).date();
    if event.starts_at > now {
        let message = format!("This takes place on {}: record it once it has.", in_words(day));
        return Err(StoreError::refused(RefusalCode::Conflict, Some("obligationId"), message));
    }
    if met_on < day {
        let message = format!("This took place on {}, not before.", in_words(day));
        return Err(StoreError::refused(RefusalCode::Invalid, Some("metOn"), message));
    }
    Ok(())
}

/// An obligation that the caller may see, locked.
pub(super) async fn visible(
    txn: &DatabaseTransaction,
    scope: &Scope,
    id: Uuid,
) -> Result<obligation::Model, StoreError> {
    obligation::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.obligations()))
        // Two who record at once take turns, so that the second sees the first's record.
        .lock_exclusive()
        .one(txn)
        .await?
        .ok_or_else(missing)
}

async fn settle(
    txn: &DatabaseTransaction,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    old: obligation::Model,
    state: ObligationState,
    met_on: Option<NaiveDate>,
    note: Option<String>,
) -> Result<obligation::Model, StoreError> {
    let version = old.version + 1;
    let mut row = old.into_active_model();
    row.state = Set(<&str>::from(state).to_owned());
    row.met_on = Set(met_on);
    row.note = Set(note);
    row.recorded_by = Set(by);
    row.recorded_at = Set(Some(now));
    row.deed_kind = Set(None);
    row.deed_id = Set(None);
    row.version = Set(version);
    row.changed_at = Set(now);
    let row = row.update(txn).await?;
    match row.enrolment_id {
        Some(enrolment_id) => assess_enrolment(txn, now, enrolment_id).await?,
        None => assess_hub(txn, now, row.hub_id).await?,
    }
    Ok(row)
}
