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
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
