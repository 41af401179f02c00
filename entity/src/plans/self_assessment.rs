//! One self-assessment of a partner.

use sea_orm::entity::prelude::*;

/// One self-assessment of a partner.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "self_assessment")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The partner's enrolment.
    pub enrolment_id: Uuid,
    /// What it is assessed by.
    pub framework_id: Uuid,
    /// 1 for the partner's first.
    pub number: i32,
    /// `rules::plans::SelfAssessmentState` as text.
    pub state: String,
    /// London day of completion.
    pub completed_on: Option<Date>,
    /// Who completed it.
    pub completed_by: Option<Uuid>,
    /// Rises with every change.
    pub version: i32,
    /// When begun.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
