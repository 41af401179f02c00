//! A worker that lives, or did.

use sea_orm::entity::prelude::*;

/// A worker that lives, or did.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "worker_presence")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The name it goes by in leases.
    pub name: String,
    /// When it started, by the machine's own clock.
    pub started_at: DateTimeUtc,
    /// Its last heartbeat, by the machine's own clock.
    pub seen_at: DateTimeUtc,
    /// Why no mail can be handed over, as it found at its last try; none if it can.
    pub mail_away: Option<String>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
