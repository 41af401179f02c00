//! One survey of many schools: a wave of a pathway's cohort, or the feedback on an event.

use sea_orm::entity::prelude::*;

/// One survey of many schools: a wave of a pathway's cohort, or the feedback on an event.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "survey_campaign")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its programme.
    pub programme_id: Uuid,
    /// Stable key within the programme.
    pub key: String,
    /// Title, shown to respondents.
    pub title: String,
    /// `rules::surveys::SurveyWave` as text.
    pub wave: String,
    /// The cohort asked; none for an event's.
    pub cohort_id: Option<Uuid>,
    /// The pathway asked; none for all.
    pub pathway_id: Option<Uuid>,
    /// The commitment that answering meets.
    pub template_id: Option<Uuid>,
    /// The event it asks about.
    pub event_id: Option<Uuid>,
    /// `rules::surveys::CampaignState` as text.
    pub state: String,
    /// Whether answers are kept apart from who answered; fixed once the first answer is in.
    pub anonymous: bool,
    /// So many answers in each group of a school meet its commitment.
    pub enough_responses: i32,
    /// Working days before the close on which schools without enough answers are reminded.
    #[sea_orm(column_type = "JsonBinary")]
    pub remind_days: Json,
    /// Whether the worker launches it when its first day comes.
    pub launches_itself: bool,
    /// London day on which it opens.
    pub opens_on: Date,
    /// London day at the end of which it closes.
    pub closes_on: Date,
    /// When invitations were made.
    pub launched_at: Option<DateTimeUtc>,
    /// When closed.
    pub closed_at: Option<DateTimeUtc>,
    /// When results were frozen.
    pub published_at: Option<DateTimeUtc>,
    /// Rises with every change.
    pub version: i32,
    /// When made.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
