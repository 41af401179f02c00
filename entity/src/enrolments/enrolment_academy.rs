//! An academy that takes part in its trust's enrolment.

use sea_orm::entity::prelude::*;

/// An academy that takes part in its trust's enrolment.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "enrolment_academy")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The trust's enrolment.
    pub enrolment_id: Uuid,
    /// The academy.
    pub school_id: Uuid,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
