//! What was done under a key of the client's.

use sea_orm::entity::prelude::*;

/// What was done under a key of the client's. It holds nothing of what was asked but a hash.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_key")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose key.
    pub person_id: Uuid,
    /// The key; one of a person's is there once.
    pub key: String,
    /// Hash of what was asked.
    pub input_hash: String,
    /// The row that was answered.
    pub node_id: Uuid,
    /// When it was done.
    pub made_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
