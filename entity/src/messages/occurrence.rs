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
    /// `fired` or `missed`.
    pub outcome: String,
    /// What it did.
    pub summary: String,
    /// When it ran.
    pub recorded_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
