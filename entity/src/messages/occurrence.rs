//! One due moment of the worker's timetable, recorded together with its effects.

use sea_orm::entity::prelude::*;

/// One due moment of the worker's timetable, recorded together with its effects.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "occurrence")]
pub struct Model {
    /// The job.
    #[sea_orm(primary_key, auto_increment = false)]
    pub schedule_id: String,
    /// The moment it was due.
    #[sea_orm(primary_key, auto_increment = false)]
    pub due_at: DateTimeUtc,
    /// Made when the row is, for the graph; not the key.
    pub id: Uuid,
    /// `rules::timetable::Outcome` as text.
    pub outcome: String,
    /// What it did.
    pub summary: String,
    /// When it ran.
    pub recorded_at: DateTimeUtc,
    /// How long it took, in milliseconds; none if it did not run.
    pub took_ms: Option<i32>,
    /// Whether it was written by a trial with a set clock, and gives way when its time comes.
    pub trial: bool,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
