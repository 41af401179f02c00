//! One step in the life of an alert.

use sea_orm::entity::prelude::*;

/// One step in the life of an alert.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "alert_event")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Which alert.
    pub alert_id: Uuid,
    /// `rules::engagement::AlertStep` as text.
    pub what: String,
    /// Who; none for a rule.
    pub by_person: Option<Uuid>,
    /// What happened, in a sentence.
    pub detail: String,
    /// When.
    pub happened_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
