//! What people do to alerts: taking one on, setting it aside until a day, taking it up again.
//! Whoever sees an alert may do so: leads of its hub, regional leads of its region, admins.

use chrono::{DateTime, Days, NaiveDate, Utc};
use rules::calendar::{Calendar, in_words, local};
use rules::engagement::life::{Ground, Happening, LONGEST_SNOOZE, Outcome, next};
use rules::engagement::{AlertPolicy, AlertState};
use sea_orm::{
    ActiveModelTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::rows::{apply, event, life_of};
use super::{alert_event, engagement_alert};
use crate::enrolments::{check_text, check_version, refused};
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// Records that `by` has taken an alert on, with a note; a snooze ends with it. Taking on what
/// somebody took on already, without a word to add, leaves their note as it is; with one, it is
/// replaced.
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
    let alert = find(txn, scope, alert_id, expected_version).await?;
    let note = note.trim();
    check_text("note", note, false)?;
    if note.is_empty() && alert.state == <&str>::from(AlertState::Acknowledged) {
        return Ok(alert);
    }
    let detail = if note.is_empty() { "Taken on." } else { note };
    happen(txn, by, now, alert, Happening::Acknowledge, detail, |alert| {
        alert.acknowledged_by = Some(by);
        if !note.is_empty() {
            alert.acknowledgement_note = Some(note.to_owned());
        }
    })
    .await
}

/// Sets an alert aside until a London day, with a reason; it stays quiet until then, even if what
/// raised it goes and comes back meanwhile. Doing it again moves the day.
///
/// # Errors
/// No such alert in scope, one that is over or about to be, one changed since `expected_version`, a
/// day that is not in the next 90, no reason, or a database fault.
#[expect(clippy::too_many_arguments, reason = "the caller, the row and what to write to it")]
pub async fn snooze(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Uuid,
    now: DateTime<Utc>,
    alert_id: Uuid,
    expected_version: Option<i32>,
    until: NaiveDate,
    reason: &str,
) -> Result<engagement_alert::Model, StoreError> {
    let alert = find(txn, scope, alert_id, expected_version).await?;
    let today = local(now).date();
    let last = today.checked_add_days(Days::new(LONGEST_SNOOZE)).unwrap_or(today);
    if until <= today || last < until {
        let message = format!("Give a day after today and not after {}.", in_words(last));
        return refused(RefusalCode::Invalid, "until", &message);
    }
    check_text("reason", reason, true)?;
    let reason = reason.trim();
    let detail = format!("Until {}: {reason}", in_words(until));
    happen(txn, by, now, alert, Happening::Snooze(until), &detail, |alert| {
        alert.snoozed_by = Some(by);
        alert.snooze_reason = Some(reason.to_owned());
    })
    .await
}

/// Takes up again an alert that was set aside, before its day.
///
/// # Errors
/// No such alert in scope, one that is not snoozed, one changed since `expected_version`, or a
/// database fault.
pub async fn wake(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Uuid,
    now: DateTime<Utc>,
    alert_id: Uuid,
    expected_version: Option<i32>,
) -> Result<engagement_alert::Model, StoreError> {
    let alert = find(txn, scope, alert_id, expected_version).await?;
    happen(txn, by, now, alert, Happening::Wake, "The snooze was ended by hand.", |_| {}).await
}

/// The alert, locked, so that two who act at once take turns.
async fn find(
    txn: &DatabaseTransaction,
    scope: &Scope,
    alert_id: Uuid,
    expected_version: Option<i32>,
) -> Result<engagement_alert::Model, StoreError> {
    let alert = engagement_alert::Entity::find_by_id(alert_id)
        .filter(scope.alerts())
        .lock_exclusive()
        .one(txn)
        .await?;
    let Some(alert) = alert else {
        return refused(RefusalCode::NotFound, "alertId", "There is no such alert.");
    };
    check_version(alert.version, expected_version)?;
    if alert.state == <&str>::from(AlertState::Resolved) {
        let message = "This alert is over: what raised it is no longer so.";
        return refused(RefusalCode::Conflict, "alertId", message);
    }
    Ok(alert)
}

async fn happen(
    txn: &DatabaseTransaction,
    by: Uuid,
    now: DateTime<Utc>,
    mut alert: engagement_alert::Model,
    happening: Happening,
    detail: &str,
    edit: impl FnOnce(&mut engagement_alert::Model),
) -> Result<engagement_alert::Model, StoreError> {
    let life = life_of(&alert)?;
    // What people do is not counted in working days or thresholds.
    let (policy, calendar) = (AlertPolicy::default(), Calendar::default());
    let ground = Ground { policy: &policy, calendar: &calendar, settles: false, now };
    let Outcome::Become(life, step) = next(Some(&life), happening, &ground) else {
        let message = match happening {
            Happening::Wake => "This alert is not set aside.",
            _ => "This alert is about to end by itself: what raised it is no longer so.",
        };
        return refused(RefusalCode::Conflict, "alertId", message);
    };
    apply(&mut alert, &life, now);
    edit(&mut alert);
    let story = event(alert.id, step, Some(by), detail, now);
    alert_event::Entity::insert(story).exec_without_returning(txn).await?;
    Ok(alert.into_active_model().reset_all().update(txn).await?)
}
