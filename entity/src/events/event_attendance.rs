//! What is known of a partner at an event: was there, was not, or watched the recording.

use sea_orm::entity::prelude::*;

/// What is known of a partner at an event: was there, was not, or watched the recording.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event_attendance")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The event.
    pub event_id: Uuid,
    /// The partner's enrolment.
    pub enrolment_id: Uuid,
    /// `rules::events::AttendanceMode` as text.
    pub mode: String,
    /// London day of it.
    pub on_day: Date,
    /// How many people.
    pub people: i32,
    /// Whether a senior leader was among them.
    pub senior_leader: bool,
    /// Remark.
    pub note: Option<String>,
    /// Who recorded it; none for the system.
    pub recorded_by: Option<Uuid>,
    /// When recorded.
    pub recorded_at: DateTimeUtc,
    /// Rises with every change.
    pub version: i32,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
