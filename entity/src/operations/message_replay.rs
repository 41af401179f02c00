//! A message that was sent anew after it failed.

use sea_orm::entity::prelude::*;

/// A message that was sent anew after it failed, at most once.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message_replay")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The one that failed.
    pub message_id: Uuid,
    /// The one in its place.
    pub replay_id: Uuid,
    /// Why.
    pub why: String,
    /// Who asked for it; none from the command line.
    pub by_person: Option<Uuid>,
    /// When.
    pub replayed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
