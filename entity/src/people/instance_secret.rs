//! A secret shared by every process on this database, made at first use.

use sea_orm::entity::prelude::*;

/// A secret shared by every process on this database, made at first use.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "instance_secret")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it signs.
    pub name: String,
    /// The secret, base64url.
    pub value: String,
    /// When made.
    pub created_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
