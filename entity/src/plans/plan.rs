//! An action plan, or the improvement plan written with the lead in its stead.

use sea_orm::entity::prelude::*;

/// An action plan, or the improvement plan written with the lead in its stead.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plan")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The partner's enrolment.
    pub enrolment_id: Uuid,
    /// `rules::plans::PlanKind` as text.
    pub kind: String,
    /// `rules::plans::PlanState` as text.
    pub state: String,
    /// 1 for the partner's first; a new version supersedes the one before.
    pub number: i32,
    /// What it is to achieve.
    pub summary: String,
    /// London day on which the partner agreed to it.
    pub partner_agreed_on: Option<Date>,
    /// London day on which the lead agreed to it; an improvement plan needs both.
    pub hub_agreed_on: Option<Date>,
    /// London day from which it counts as agreed.
    pub agreed_on: Option<Date>,
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
