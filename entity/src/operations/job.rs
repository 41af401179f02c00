//! A job of the worker and how it does.

use sea_orm::entity::prelude::*;

/// A job of the worker and how it does. Written by the workers after each pass.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Name, as in `occurrence.schedule_id`.
    pub name: String,
    /// What it does.
    pub about: String,
    /// When it is due, in words.
    pub timetable: String,
    /// Its next moment; none for a job of the heartbeat.
    pub next_due_at: Option<DateTimeUtc>,
    /// When it was begun last.
    pub last_began_at: Option<DateTimeUtc>,
    /// How long that took, in milliseconds.
    pub last_took_ms: Option<i32>,
    /// `done` or `failed`.
    pub last_outcome: Option<String>,
    /// What the last run changed, in words; empty when nothing.
    pub last_summary: String,
    /// When it was begun last that then ended well.
    pub last_done_at: Option<DateTimeUtc>,
    /// When it failed last.
    pub last_failed_at: Option<DateTimeUtc>,
    /// Why.
    pub last_failure: Option<String>,
    /// Runs, failed ones among them.
    pub runs: i32,
    /// Runs that failed.
    pub failures: i32,
    /// Runs that failed since the last one that did not.
    pub failures_in_a_row: i32,
    /// Moments that passed undone.
    pub missed: i32,
    /// What waits for it; none if it keeps no queue.
    pub waiting: Option<i32>,
    /// Since when the first of that has been waiting.
    pub waiting_since: Option<DateTimeUtc>,
    /// When this row was last written.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
