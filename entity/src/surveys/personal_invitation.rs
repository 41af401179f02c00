//! A known contact asked by a link of their own, and whether they have answered; never what.

use sea_orm::entity::prelude::*;

/// A known contact asked by a link of their own, and whether they have answered; never what.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "personal_invitation")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The campaign.
    pub campaign_id: Uuid,
    /// For which group of which school.
    pub invitation_id: Uuid,
    /// Who.
    pub person_id: Uuid,
    /// London day on which they answered.
    pub answered_on: Option<Date>,
    /// When invited.
    pub created_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
