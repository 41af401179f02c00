//! Taking an alert on.

use chrono::{DateTime, Utc};
use rules::engagement::AlertState;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::engagement_alert;
use crate::enrolments::check_text;
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// Records that `by` has taken an alert on, with a note. Whoever sees an alert may do so: leads of
/// its hub, regional leads of its region, admins. Doing it again replaces the note.
///
/// # Errors
/// No such alert in scope, one that is over, one changed since `expected_version`, a note that is
/// too long, or a database fault.
pub async fn acknowledge(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Uuid,
    now: DateTime<Utc>,
    alert_id: Uuid,
    expected_version: Option<i32>,
    note: &str,
) -> Result<engagement_alert::Model, StoreError> {
    let alert = engagement_alert::Entity::find_by_id(alert_id)
        .filter(scope.alerts())
        .lock_exclusive()
        .one(txn)
        .await?
        .ok_or_else(|| refused(RefusalCode::NotFound, "alertId", "There is no such alert."))?;
    if expected_version.is_some_and(|expected| expected != alert.version) {
        let message = "Somebody changed this alert after you opened it. Look at it again first.";
        return Err(refused(RefusalCode::Stale, "expectedVersion", message));
    }
    if alert.state == <&str>::from(AlertState::Resolved) {
        let message = "This alert is over: what raised it is no longer so.";
        return Err(refused(RefusalCode::Conflict, "alertId", message));
    }
    let note = note.trim();
    check_text("note", note, false)?;
    // Taking on what somebody took on already, without a word to add, leaves their note as it is.
    if note.is_empty() && alert.state == <&str>::from(AlertState::Acknowledged) {
        return Ok(alert);
    }
    let version = alert.version + 1;
    let mut row = alert.into_active_model();
    row.state = Set(<&str>::from(AlertState::Acknowledged).to_owned());
    row.acknowledged_at = Set(Some(now));
    row.acknowledged_by = Set(Some(by));
    row.acknowledgement_note = Set((!note.is_empty()).then(|| note.to_owned()));
    row.changed_at = Set(now);
    row.version = Set(version);
    Ok(row.update(txn).await?)
}

fn refused(code: RefusalCode, field: &'static str, message: &str) -> StoreError {
    StoreError::refused(code, Some(field), message)
}
