//! An open day, CPD session, training module or networking event.

use sea_orm::entity::prelude::*;

/// An open day, CPD session, training module or networking event.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The programme.
    pub programme_id: Uuid,
    /// The cohort it is for; empty for every cohort.
    pub cohort_id: Option<Uuid>,
    /// The hub that hosts it; empty for the whole programme.
    pub hub_id: Option<Uuid>,
    /// Key within the programme.
    pub key: String,
    /// `rules::programme::EventKind` as text.
    pub kind: String,
    /// Title.
    pub title: String,
    /// Start.
    pub starts_at: DateTimeUtc,
    /// End.
    pub ends_at: DateTimeUtc,
    /// When schools could first see it; nothing is owed before.
    pub published_at: Option<DateTimeUtc>,
    /// When cancelled.
    pub cancelled_at: Option<DateTimeUtc>,
    /// Rises with every change.
    pub version: i32,
    /// What it is about, for those invited.
    pub summary: Option<String>,
    /// Where it takes place.
    pub place: Option<String>,
    /// How to join or get there; for those who booked.
    pub joining_details: Option<String>,
    /// `rules::events::TrainingModule` as text, for training modules.
    pub module: Option<String>,
    /// Places; none for unlimited.
    pub capacity: Option<i32>,
    /// Where its recording can be watched.
    pub recording_url: Option<String>,
    /// Why cancelled.
    pub cancellation_reason: Option<String>,
    /// When last changed by hand.
    pub changed_at: Option<DateTimeUtc>,
    /// Places given out, kept with the bookings; never more than the capacity.
    #[sea_orm(default_value = 0)]
    pub places_booked: i32,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
