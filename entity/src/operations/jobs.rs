//! How the worker's jobs do, as the workers write it down after each pass: in transactions of their
//! own, so that a failure is told though what failed was undone.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, ExprTrait as _,
    QueryFilter as _, QueryOrder as _,
};

use super::job;
use crate::id::new_id;
use crate::outcome::StoreError;

/// Most characters kept of why a job failed.
const LONGEST_FAILURE: usize = 1000;

/// A job as the timetable has it.
#[derive(Clone, Debug)]
pub struct Described {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub about: String,
    /// When it is due, in words.
    pub timetable: String,
}

/// What a worker found out about a job in a pass.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Its next moment.
    pub next_due_at: Option<DateTime<Utc>>,
    /// Moments written down as missed.
    pub missed: usize,
    /// What waits for it, and since when; none if it keeps no queue.
    pub waiting: Option<(usize, Option<DateTime<Utc>>)>,
    /// Its runs, in order.
    pub runs: Vec<Run>,
}

/// One run of a job.
#[derive(Clone, Debug)]
pub struct Run {
    /// When it was begun.
    pub began_at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub took_ms: i32,
    /// What it changed, in words, or why it failed.
    pub outcome: Result<String, String>,
}

/// Writes down which jobs there are. One that is there keeps how it did.
///
/// # Errors
/// The database fails.
pub async fn register(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    jobs: &[Described],
) -> Result<(), StoreError> {
    for described in jobs {
        let row = job::ActiveModel {
            id: Set(new_id(now)),
            name: Set(described.name.to_owned()),
            about: Set(described.about.clone()),
            timetable: Set(described.timetable.clone()),
            last_summary: Set(String::new()),
            runs: Set(0),
            failures: Set(0),
            failures_in_a_row: Set(0),
            missed: Set(0),
            changed_at: Set(now),
            ..Default::default()
        };
        let again = OnConflict::column(job::Column::Name)
            .update_columns([job::Column::About, job::Column::Timetable])
            .to_owned();
        job::Entity::insert(row).on_conflict(again).exec_without_returning(txn).await?;
    }
    Ok(())
}

/// Writes down what a pass found out about a job.
///
/// # Errors
/// The database fails.
pub async fn note(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    name: &str,
    seen: Seen,
) -> Result<(), StoreError> {
    let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let (waiting, since) = match seen.waiting {
        Some((waiting, since)) => (Some(count(waiting)), since),
        None => (None, None),
    };
    let failures = seen.runs.iter().filter(|run| run.outcome.is_err()).count();
    let mut update = job::Entity::update_many()
        .col_expr(job::Column::NextDueAt, Expr::val(seen.next_due_at))
        .col_expr(job::Column::Waiting, Expr::val(waiting))
        .col_expr(job::Column::WaitingSince, Expr::val(since))
        .col_expr(job::Column::Missed, Expr::col(job::Column::Missed).add(count(seen.missed)))
        .col_expr(job::Column::Runs, Expr::col(job::Column::Runs).add(count(seen.runs.len())))
        .col_expr(job::Column::Failures, Expr::col(job::Column::Failures).add(count(failures)))
        .col_expr(job::Column::ChangedAt, Expr::val(now));
    if let Some(last) = seen.runs.last() {
        let in_a_row = seen.runs.iter().rev().take_while(|run| run.outcome.is_err()).count();
        let in_a_row = if in_a_row == seen.runs.len() {
            Expr::col(job::Column::FailuresInARow).add(count(in_a_row))
        } else {
            Expr::val(count(in_a_row))
        };
        let outcome = if last.outcome.is_ok() { "done" } else { "failed" };
        let summary = last.outcome.clone().unwrap_or_default();
        update = update
            .col_expr(job::Column::LastBeganAt, Expr::val(last.began_at))
            .col_expr(job::Column::LastTookMs, Expr::val(last.took_ms))
            .col_expr(job::Column::LastOutcome, Expr::val(outcome))
            .col_expr(job::Column::LastSummary, Expr::val(summary))
            .col_expr(job::Column::FailuresInARow, in_a_row);
    }
    if let Some(run) = seen.runs.iter().rev().find(|run| run.outcome.is_ok()) {
        update = update.col_expr(job::Column::LastDoneAt, Expr::val(run.began_at));
    }
    let failed = seen.runs.iter().rev().find_map(|run| Some((run, run.outcome.as_ref().err()?)));
    if let Some((run, why)) = failed {
        let why: String = why.chars().filter(|c| *c != '\0').take(LONGEST_FAILURE).collect();
        update = update
            .col_expr(job::Column::LastFailedAt, Expr::val(run.began_at))
            .col_expr(job::Column::LastFailure, Expr::val(why));
    }
    update.filter(job::Column::Name.eq(name)).exec(txn).await?;
    Ok(())
}

/// All jobs, by name. Also tells a worker that starts whether the tables of this version are there.
///
/// # Errors
/// The database fails.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<job::Model>, StoreError> {
    Ok(job::Entity::find().order_by_asc(job::Column::Name).all(db).await?)
}
