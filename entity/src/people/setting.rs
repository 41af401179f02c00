//! A school or a trust as a taker of part in programmes; it outlives a change of URN.

use sea_orm::entity::prelude::*;

/// A school or a trust as a taker of part in programmes; it outlives a change of URN.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "setting")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `rules::people::SettingKind` as text.
    pub kind: String,
    /// Name of the school or trust, kept in step by the register import.
    pub name: String,
    /// The school it is today.
    pub school_id: Option<Uuid>,
    /// The trust it is.
    pub trust_id: Option<Uuid>,
    /// When it first took part.
    pub created_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
