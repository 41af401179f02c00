//! What a person may see and do, and where.

use sea_orm::entity::prelude::*;

/// What a person may see and do, and where.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "role_grant")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The person.
    pub person_id: Uuid,
    /// `rules::people::Role` as text.
    pub role: String,
    /// Region, for a regional lead.
    pub region_id: Option<Uuid>,
    /// Hub, for a hub lead.
    pub hub_id: Option<Uuid>,
    /// Setting, for a school user.
    pub setting_id: Option<Uuid>,
    /// When granted.
    pub granted_at: DateTimeUtc,
    /// When taken back.
    pub revoked_at: Option<DateTimeUtc>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
