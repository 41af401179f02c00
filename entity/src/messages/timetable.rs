//! The worker's timetable: which due moments were done, which were missed, and which passed while
//! their job was paused.

use chrono::{DateTime, TimeDelta, Utc};
use rules::timetable::Outcome;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction,
    EntityTrait as _, ExprTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::{occurrence, text};
use crate::id::new_id;
use crate::outcome::StoreError;

/// A trial with a set clock (`--now`) that was recorded later than this from now does not keep the
/// job from running when its time comes. What was no trial always does, however far the clocks of
/// two workers lie apart.
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
        .filter(
            Condition::any()
                .add(occurrence::Column::Trial.eq(false))
                .add(occurrence::Column::RecordedAt.lte(now + CLOCKS_DIFFER_BY)),
        )
        .order_by_desc(occurrence::Column::DueAt)
        .one(db)
        .await?;
    Ok(row.map(|row| row.due_at))
}

/// The latest moment written down for any job, in trials too; none before the first.
///
/// # Errors
/// The database fails.
pub async fn furthest(db: &impl ConnectionTrait) -> Result<Option<DateTime<Utc>>, StoreError> {
    let row = occurrence::Entity::find().order_by_desc(occurrence::Column::DueAt).one(db).await?;
    Ok(row.map(|row| row.due_at))
}

/// Who writes to the timetable.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    /// The writer's moment.
    pub now: DateTime<Utc>,
    /// Whether its clock was set for a trial.
    pub trial: bool,
}

/// Takes a due moment for this transaction. False when another worker has it: then its effects are
/// the other's, and this transaction has nothing to do.
///
/// # Errors
/// The database fails.
pub async fn take(
    txn: &DatabaseTransaction,
    pen: Pen,
    schedule_id: &str,
    due_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    write(txn, pen, schedule_id, due_at, Outcome::Fired, "").await
}

/// Writes down that a moment passed undone, unless another worker has written it down.
///
/// # Errors
/// The database fails.
pub async fn miss(
    txn: &DatabaseTransaction,
    pen: Pen,
    schedule_id: &str,
    due_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let summary = "No worker ran in time.";
    write(txn, pen, schedule_id, due_at, Outcome::Missed, summary).await
}

/// Writes down that a moment passed while its job was paused, unless another worker has written it
/// down.
///
/// # Errors
/// The database fails.
pub async fn skip_paused(
    txn: &DatabaseTransaction,
    pen: Pen,
    schedule_id: &str,
    due_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    write(txn, pen, schedule_id, due_at, Outcome::Paused, "The job was paused.").await
}

/// Adds what a moment taken by this transaction did, and how long it took, in milliseconds.
///
/// # Errors
/// The database fails.
pub async fn summarise(
    txn: &DatabaseTransaction,
    schedule_id: &str,
    due_at: DateTime<Utc>,
    summary: String,
    took_ms: i32,
) -> Result<(), StoreError> {
    let row = occurrence::ActiveModel {
        schedule_id: Unchanged(schedule_id.to_owned()),
        due_at: Unchanged(due_at),
        summary: Set(summary),
        took_ms: Set(Some(took_ms)),
        ..Default::default()
    };
    row.update_without_returning(txn).await?;
    Ok(())
}

/// The moments of a job that passed undone because no worker ran, the latest first, at most so many.
///
/// # Errors
/// The database fails.
pub async fn missed(
    db: &impl ConnectionTrait,
    schedule_id: &str,
    at_most: u64,
) -> Result<Vec<DateTime<Utc>>, StoreError> {
    Ok(occurrence::Entity::find()
        .select_only()
        .column(occurrence::Column::DueAt)
        .filter(occurrence::Column::ScheduleId.eq(schedule_id))
        .filter(occurrence::Column::Outcome.eq(text(Outcome::Missed)))
        .order_by_desc(occurrence::Column::DueAt)
        .limit(at_most)
        .into_tuple()
        .all(db)
        .await?)
}

async fn write(
    txn: &DatabaseTransaction,
    Pen { now, trial }: Pen,
    schedule_id: &str,
    due_at: DateTime<Utc>,
    outcome: Outcome,
    summary: &str,
) -> Result<bool, StoreError> {
    use occurrence::Column as C;
    let row = occurrence::ActiveModel {
        id: Set(new_id(now)),
        schedule_id: Set(schedule_id.to_owned()),
        due_at: Set(due_at),
        outcome: Set(text(outcome)),
        summary: Set(summary.to_owned()),
        recorded_at: Set(now),
        took_ms: Set(None),
        trial: Set(trial),
    };
    let column = |column: C| Expr::col((occurrence::Entity, column));
    let over_a_trial = OnConflict::columns([C::ScheduleId, C::DueAt])
        .update_columns([C::Outcome, C::Summary, C::RecordedAt, C::TookMs, C::Trial])
        .action_and_where(
            column(C::Trial).eq(true).and(column(C::RecordedAt).gt(now + CLOCKS_DIFFER_BY)),
        )
        .to_owned();
    let written = occurrence::Entity::insert(row)
        .on_conflict(over_a_trial)
        .exec_without_returning(txn)
        .await?;
    Ok(written == 1)
}
