//! A term, a half-term holiday or INSET days of a school calendar.

use sea_orm::entity::prelude::*;

/// A term, a half-term holiday or INSET days of a school calendar.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_span")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The calendar.
    pub calendar_id: Uuid,
    /// `rules::calendar::SpanKind` as text.
    pub kind: String,
    /// Name.
    pub name: String,
    /// First day.
    pub starts_on: Date,
    /// Last day.
    pub ends_on: Date,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
