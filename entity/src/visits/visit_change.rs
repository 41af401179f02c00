//! One step in the life of a visit.

use sea_orm::entity::prelude::*;

/// One step in the life of a visit.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "visit_change")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Which visit.
    pub visit_id: Uuid,
    /// `rules::visits::VisitStep` as text.
    pub what: String,
    /// `rules::visits::Party` as text; none for the system.
    pub by_party: Option<String>,
    /// Who; none for the system.
    pub by_person: Option<Uuid>,
    /// Its start from then on.
    pub starts_at: DateTimeUtc,
    /// Its end from then on.
    pub ends_at: DateTimeUtc,
    /// Why, where a reason was given.
    pub reason: Option<String>,
    /// When.
    pub happened_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
