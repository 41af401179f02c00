//! One visit of a hub's staff to a partner, or of the partner to its lead: proposed, agreed, moved, recorded or cancelled.

use sea_orm::entity::prelude::*;

/// One visit of a hub's staff to a partner, or of the partner to its lead: proposed, agreed, moved, recorded or cancelled.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "visit")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its programme.
    pub programme_id: Uuid,
    /// The partner's enrolment.
    pub enrolment_id: Uuid,
    /// The hub that gives the support; follows the enrolment while the visit lies ahead.
    pub hub_id: Uuid,
    /// `rules::visits::VisitKind` as text.
    pub kind: String,
    /// `rules::visits::VisitState` as text.
    pub state: String,
    /// Who of the hub comes, once that is said; nobody can be at two visits at a time.
    pub visitor_id: Option<Uuid>,
    /// What it is for, in a sentence.
    pub purpose: String,
    /// Start.
    pub starts_at: DateTimeUtc,
    /// End, after the start.
    pub ends_at: DateTimeUtc,
    /// Support time planned, in half days.
    pub half_days: i32,
    /// `rules::visits::Party` as text: the side whose proposal stands; the other agrees.
    pub proposed_by: String,
    /// When agreed.
    pub agreed_at: Option<DateTimeUtc>,
    /// London day on which it took place, once recorded.
    pub held_on: Option<Date>,
    /// Support time used, in half days, once recorded.
    pub half_days_used: Option<i32>,
    /// Who came: `rules::visits::Attendee` rows; empty before it is recorded.
    #[sea_orm(column_type = "JsonBinary")]
    pub attendees: Json,
    /// What was done, once recorded.
    pub summary: Option<String>,
    /// `rules::visits::Party` as text: the side that cancelled.
    pub cancelled_by: Option<String>,
    /// When cancelled.
    pub cancelled_at: Option<DateTimeUtc>,
    /// Why cancelled.
    pub cancellation_reason: Option<String>,
    /// Rises whenever its time or state changes: the SEQUENCE of its calendar entry.
    pub sequence: i32,
    /// Rises with every change.
    pub version: i32,
    /// When first proposed.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
