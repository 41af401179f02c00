//! One of the nine regions of England (GIAS `GOR`).

use sea_orm::entity::prelude::*;

/// One of the nine regions of England (GIAS `GOR`).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "region")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// GIAS region code, a letter.
    pub code: String,
    /// Name as DfE writes it.
    pub name: String,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
