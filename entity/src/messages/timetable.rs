//! The worker's timetable: which due moments were done, and which were missed.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseTransaction,
    EntityTrait as _, ExprTrait as _, QueryFilter as _, QueryOrder as _,
};

use super::occurrence;
use crate::outcome::StoreError;

/// How far the clocks of two workers may lie apart. What was recorded later than that from now is
/// a trial with a set clock (`--now`), and does not keep the job from running when its time comes.
const CLOCKS_DIFFER_BY: TimeDelta = TimeDelta::minutes(5);

/// The latest moment written down for a job as of `now`.
///
/// # Errors
/// The database fails.
pub async fn latest(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    schedule_id: &str,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row = occurrence::Entity::find()
        .filter(occurrence::Column::ScheduleId.eq(schedule_id))
        .filter(occurrence::Column::DueAt.lte(now))
        .filter(occurrence::Column::RecordedAt.lte(now + CLOCKS_DIFFER_BY))
        .order_by_desc(occurrence::Column::DueAt)
        .one(db)
        .await?;
    Ok(row.map(|row| row.due_at))
}

/// Takes a due moment for this transaction. False when another worker has it: then its effects are
/// the other's, and this transaction has nothing to do.
///
/// # Errors
/// The database fails.
pub async fn take(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    schedule_id: &str,
    due_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    write(txn, now, schedule_id, due_at, "fired", "").await
}

/// Writes down that a moment passed undone, unless another worker has written it down.
///
/// # Errors
/// The database fails.
pub async fn miss(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    schedule_id: &str,
    due_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let summary = "No worker ran in time.";
    write(txn, now, schedule_id, due_at, "missed", summary).await
}

/// Adds what a moment taken by this transaction did.
///
/// # Errors
/// The database fails.
pub async fn summarise(
    txn: &DatabaseTransaction,
    schedule_id: &str,
    due_at: DateTime<Utc>,
    summary: String,
) -> Result<(), StoreError> {
    let row = occurrence::ActiveModel {
        schedule_id: Unchanged(schedule_id.to_owned()),
        due_at: Unchanged(due_at),
        summary: Set(summary),
        ..Default::default()
    };
    row.update_without_returning(txn).await?;
    Ok(())
}

async fn write(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    schedule_id: &str,
    due_at: DateTime<Utc>,
    outcome: &str,
    summary: &str,
) -> Result<bool, StoreError> {
    let row = occurrence::ActiveModel {
        schedule_id: Set(schedule_id.to_owned()),
        due_at: Set(due_at),
        outcome: Set(outcome.to_owned()),
        summary: Set(summary.to_owned()),
        recorded_at: Set(now),
    };
    let over_a_trial =
        OnConflict::columns([occurrence::Column::ScheduleId, occurrence::Column::DueAt])
            .update_columns([
                occurrence::Column::Outcome,
                occurrence::Column::Summary,
                occurrence::Column::RecordedAt,
            ])
            .action_and_where(
                Expr::col((occurrence::Entity, occurrence::Column::RecordedAt))
                    .gt(now + CLOCKS_DIFFER_BY),
            )
            .to_owned();
    let written = occurrence::Entity::insert(row)
        .on_conflict(over_a_trial)
        .exec_without_returning(txn)
        .await?;
    Ok(written == 1)
}
