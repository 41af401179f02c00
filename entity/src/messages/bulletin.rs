//! A message to all of a hub's partners.

use sea_orm::entity::prelude::*;

/// A message to all of a hub's partners.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "bulletin")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The hub.
    pub hub_id: Uuid,
    /// Subject line.
    pub subject: String,
    /// What it says, plain text.
    pub text: String,
    /// Who sent it.
    pub sent_by: Uuid,
    /// When.
    pub sent_at: DateTimeUtc,
    /// To how many people.
    pub recipients: i32,
    /// How many people at the partners it did not go to.
    pub excluded: i32,
    /// The token of the preview it was sent by, hashed; none in what was sent before this was noted.
    #[sea_orm(unique)]
    pub preview: Option<String>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
