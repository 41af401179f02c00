//! One ordered, dated term of a cohort; term 1 need not be the autumn term.

use sea_orm::entity::prelude::*;

/// One ordered, dated term of a cohort; term 1 need not be the autumn term.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_term")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The cohort.
    pub cohort_id: Uuid,
    /// 1 for the first.
    pub ordinal: i32,
    /// Name.
    pub name: String,
    /// First day.
    pub starts_on: Date,
    /// Last day.
    pub ends_on: Date,
    /// First day of its half-term holiday.
    pub half_term_starts_on: Option<Date>,
    /// Last day of its half-term holiday.
    pub half_term_ends_on: Option<Date>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
