//! Pausing an enrolment, resuming it, and its completion at the end of the programme.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::local;
use rules::enrolments::{EnrolmentStatus, completes_on};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::membership::{running, settle, write_history};
use super::permission::{require, runs_hub};
use super::{check_text, enrolment, refused};
use crate::events::places::release_out_of_reach;
use crate::outcome::{RefusalCode, StoreError};
use crate::programme::calendars::Calendars;
use crate::programme::{self, cohort, programme_term};
use crate::scope::Scope;

/// Puts an enrolment on hold: nothing is reminded about or flagged until it is resumed.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn pause(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    reason: &str,
) -> Result<enrolment::Model, StoreError> {
    change(txn, scope, by, now, id, expected_version, EnrolmentStatus::Paused, reason).await
}

/// Takes an enrolment up again after a pause.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn resume(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    reason: &str,
) -> Result<enrolment::Model, StoreError> {
    change(txn, scope, by, now, id, expected_version, EnrolmentStatus::Active, reason).await
}

#[expect(clippy::too_many_arguments, reason = "the caller, the row and what to write to it")]
async fn change(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    to: EnrolmentStatus,
    reason: &str,
) -> Result<enrolment::Model, StoreError> {
    let (old, hub) = running(txn, scope, id, expected_version).await?;
    require(
        runs_hub(scope, &hub),
        "enrolmentId",
        "Only the hub's lead, its regional lead or an admin pauses or resumes partners.",
    )?;
    check_text("reason", reason, true)?;
    if old.status == <&str>::from(to) {
        let message = match to {
            EnrolmentStatus::Paused => "This enrolment is paused already.",
            _ => "This enrolment is not paused.",
        };
        return refused(RefusalCode::Conflict, "enrolmentId", message);
    }
    let step = if to == EnrolmentStatus::Paused { "paused" } else { "resumed" };
    let version = old.version + 1;
    let mut row = old.into_active_model();
    row.status = Set(<&str>::from(to).to_owned());
    row.version = Set(version);
    row.changed_at = Set(now);
    let row = row.update(txn).await?;
    write_history(txn, &row, step, (Some(hub.id), Some(hub.id)), Some(reason), by, now).await?;
    settle(txn, now, &row, &[hub.id]).await?;
    Ok(row)
}

/// Completes the enrolments whose programme terms are over and returns how many there were. What
/// follows from it is the caller's next derivation.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn complete_finished(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
) -> Result<usize, StoreError> {
    let today = local(now).date();
    let over = last_days(txn, programme_id).await?;
    let over: HashMap<_, _> = over.into_iter().filter(|(_, last)| *last < today).collect();
    if over.is_empty() {
        return Ok(0);
    }
    let policy = programme::policy(txn, programme_id).await?;
    let calendars = Calendars::load(txn).await?;
    let rows = enrolment::Entity::find()
        .filter(enrolment::Column::CohortId.is_in(over.keys().copied()))
        .filter(enrolment::Column::Status.is_in(["active", "paused"]))
        .order_by_asc(enrolment::Column::Id)
        .lock_exclusive()
        .all(txn)
        .await?;
    let mut completed = 0;
    for old in rows {
        let Some(last) = over.get(&old.cohort_id) else { continue };
        let calendar = calendars.of_setting(old.partner_setting_id);
        let on = completes_on(*last, &calendar, &policy);
        if today <= on {
            continue;
        }
        let version = old.version + 1;
        let hub = (Some(old.hub_id), None);
        let mut row = old.into_active_model();
        row.status = Set(<&str>::from(EnrolmentStatus::Completed).to_owned());
        row.ended_on = Set(Some(on));
        row.version = Set(version);
        row.changed_at = Set(now);
        let row = row.update(txn).await?;
        write_history(txn, &row, "completed", hub, None, None, now).await?;
        release_out_of_reach(txn, now, &row).await?;
        completed += 1;
    }
    Ok(completed)
}

/// Last day of the last term of each cohort.
async fn last_days(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
) -> Result<HashMap<Uuid, NaiveDate>, StoreError> {
    let cohorts: Vec<Uuid> = cohort::Entity::find()
        .select_only()
        .column(cohort::Column::Id)
        .filter(cohort::Column::ProgrammeId.eq(programme_id))
        .into_tuple()
        .all(txn)
        .await?;
    let terms = programme_term::Entity::find()
        .filter(programme_term::Column::CohortId.is_in(cohorts))
        .all(txn)
        .await?;
    let mut last: HashMap<Uuid, NaiveDate> = HashMap::new();
    for term in terms {
        let day = last.entry(term.cohort_id).or_insert(term.ends_on);
        *day = (*day).max(term.ends_on);
    }
    Ok(last)
}
