//! A time in which a job or a mail lane stands still.

use sea_orm::entity::prelude::*;

/// A time in which a job or a mail lane stands still: one of the two is named.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pause")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The job.
    pub job_id: Option<Uuid>,
    /// The lane.
    pub mail_lane_id: Option<Uuid>,
    /// From when on.
    pub since: DateTimeUtc,
    /// When it ends by itself; none if somebody has to end it.
    pub until: Option<DateTimeUtc>,
    /// Why.
    pub why: String,
    /// Who paused it; none from the command line.
    pub by_person: Option<Uuid>,
    /// When somebody ended it.
    pub ended_at: Option<DateTimeUtc>,
    /// Who did; none from the command line.
    pub ended_by: Option<Uuid>,
    /// Why it was ended.
    pub ended_why: Option<String>,
    /// Rises with every change.
    pub version: i32,
    /// When last changed.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
