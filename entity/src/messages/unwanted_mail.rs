//! That somebody does not want an optional kind of mail.

use sea_orm::entity::prelude::*;

/// That somebody does not want an optional kind of mail.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unwanted_mail")]
pub struct Model {
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    /// `rules::messages::MessageKind` as text: an optional one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// Since when.
    pub created_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
