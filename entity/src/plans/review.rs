//! A review of progress, or the final one, held by lead and partner.

use sea_orm::entity::prelude::*;

/// A review of progress, or the final one, held by lead and partner.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "review")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The partner's enrolment.
    pub enrolment_id: Uuid,
    /// The plan reviewed.
    pub plan_id: Option<Uuid>,
    /// `rules::plans::ReviewKind` as text.
    pub kind: String,
    /// London day.
    pub held_on: Date,
    /// What was found.
    pub summary: String,
    /// What follows.
    pub next_steps: String,
    /// Who recorded it; none for the system.
    pub recorded_by: Option<Uuid>,
    /// When recorded.
    pub recorded_at: DateTimeUtc,
    /// Rises with every change.
    pub version: i32,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
