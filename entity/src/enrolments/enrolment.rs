//! A partner setting's place on a pathway, under a hub, in a cohort.

use sea_orm::entity::prelude::*;

/// A partner setting's place on a pathway, under a hub, in a cohort.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "enrolment")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The programme.
    pub programme_id: Uuid,
    /// The hub that supports it now.
    pub hub_id: Uuid,
    /// The cohort.
    pub cohort_id: Uuid,
    /// The pathway.
    pub pathway_id: Uuid,
    /// The partner school or trust.
    pub partner_setting_id: Uuid,
    /// `rules::enrolments::EnrolmentStatus` as text.
    pub status: String,
    /// First day.
    pub enrolled_on: Date,
    /// Last day, once withdrawn or completed.
    pub ended_on: Option<Date>,
    /// Why it ended.
    pub end_reason: Option<String>,
    /// Rises with every change.
    pub version: i32,
    /// When recorded.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
