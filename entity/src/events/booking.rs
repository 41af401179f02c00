//! A partner's places at an event, or on its waiting list.

use sea_orm::entity::prelude::*;

/// A partner's places at an event, or on its waiting list.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "booking")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The event.
    pub event_id: Uuid,
    /// The partner's enrolment.
    pub enrolment_id: Uuid,
    /// How many people come.
    pub places: i32,
    /// `rules::events::BookingState` as text.
    pub state: String,
    /// Who booked; none for the system.
    pub booked_by: Option<Uuid>,
    /// When booked or put on the waiting list; the list is served in this order.
    pub booked_at: DateTimeUtc,
    /// When a place came free for it.
    pub promoted_at: Option<DateTimeUtc>,
    /// When cancelled.
    pub cancelled_at: Option<DateTimeUtc>,
    /// Why cancelled.
    pub cancellation_reason: Option<String>,
    /// Rises with every change.
    pub version: i32,
    /// When last changed.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
