//! An academy trust (or a trust supporting maintained schools) of the register.

use sea_orm::entity::prelude::*;

/// An academy trust (or a trust supporting maintained schools) of the register.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "trust")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// GIAS group code.
    pub code: String,
    /// Name as in the register.
    pub name: String,
    /// `rules::register::TrustKind` as text.
    pub kind: String,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
