//! A person in a role at a setting.

use sea_orm::entity::prelude::*;

/// A person in a role at a setting.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contact")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The person.
    pub person_id: Uuid,
    /// The setting.
    pub setting_id: Uuid,
    /// `rules::people::ContactRole` as text.
    pub role: String,
    /// When recorded.
    pub created_at: DateTimeUtc,
    /// When the person left the role.
    pub ended_at: Option<DateTimeUtc>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
