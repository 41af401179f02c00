//! One group of one school, asked in one campaign, and how many have answered.

use sea_orm::entity::prelude::*;

/// One group of one school, asked in one campaign, and how many have answered.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "survey_invitation")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The campaign.
    pub campaign_id: Uuid,
    /// The school's enrolment.
    pub enrolment_id: Uuid,
    /// `rules::surveys::RespondentGroup` as text.
    pub respondent_group: String,
    /// How many the school expects to answer, if it said so.
    pub expected: Option<i32>,
    /// How many have answered.
    pub responses: i32,
    /// London day of the first answer.
    pub first_on: Option<Date>,
    /// London day on which there were enough.
    pub enough_on: Option<Date>,
    /// When those who follow the campaign are told of its latest answers: the full hour after them.
    /// None before the first.
    pub told_at: Option<DateTimeUtc>,
    /// When invited.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub changed_at: DateTimeUtc,
    /// Rises when the school says anew how many answers it expects.
    pub version: i32,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
