//! How a partner sees itself in one theme.

use sea_orm::entity::prelude::*;

/// How a partner sees itself in one theme.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "self_assessment_rating")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Of which self-assessment.
    pub self_assessment_id: Uuid,
    /// Which theme of its framework.
    pub theme_key: String,
    /// The level chosen, 1 for the lowest.
    pub level: i32,
    /// What speaks for it.
    pub evidence: Option<String>,
    /// When last changed.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
