//! Which group of a school is asked what in a campaign.

use sea_orm::entity::prelude::*;

/// Which group of a school is asked what in a campaign.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "campaign_group")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The campaign.
    pub campaign_id: Uuid,
    /// `rules::surveys::RespondentGroup` as text.
    pub respondent_group: String,
    /// What it is asked.
    pub questionnaire_id: Uuid,
    /// Whether known contacts get links of their own; all others answer by code.
    pub by_personal_link: bool,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
