//! A local authority of the register.

use sea_orm::entity::prelude::*;

/// A local authority of the register.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "local_authority")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// GIAS local authority code, three digits.
    pub code: i32,
    /// Name as in the register.
    pub name: String,
    /// Region in which most of its schools lie; empty outside England.
    pub region_id: Option<Uuid>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
