//! Tallies of one group, for a school, a hub or the programme, frozen when published.

use sea_orm::entity::prelude::*;

/// Tallies of one group, for a school, a hub or the programme, frozen when published.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "survey_result")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The campaign.
    pub campaign_id: Uuid,
    /// `rules::surveys::ResultLevel` as text.
    pub level: String,
    /// The hub, at the levels school and hub.
    pub hub_id: Option<Uuid>,
    /// The school's enrolment, at the level school.
    pub enrolment_id: Option<Uuid>,
    /// `rules::surveys::RespondentGroup` as text.
    pub respondent_group: String,
    /// How many answered; none where that is suppressed.
    pub responses: Option<i32>,
    /// `rules::surveys::QuestionTally` rows; suppressed cells have no count.
    #[sea_orm(column_type = "JsonBinary")]
    pub tallies: Json,
    /// When frozen.
    pub published_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
