//! How one group of a hub's partners responds to a campaign: a view over their invitations.

use sea_orm::entity::prelude::*;

/// How one group of a hub's partners responds to a campaign: a view over their invitations, never
/// written to.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "survey_rate")]
pub struct Model {
    /// The smallest id of its invitations.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The campaign.
    pub campaign_id: Uuid,
    /// The hub that supports the schools now.
    pub hub_id: Uuid,
    /// `rules::surveys::RespondentGroup` as text.
    pub respondent_group: String,
    /// Schools asked.
    pub asked: i32,
    /// Schools from which any answer came.
    pub started: i32,
    /// Schools from which enough came.
    pub enough: i32,
    /// Answers.
    pub responses: i32,
    /// Answers the schools expect, as far as they said.
    pub expected: Option<i32>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
