//! One objective of a plan.

use sea_orm::entity::prelude::*;

/// One objective of a plan.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "objective")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its plan.
    pub plan_id: Uuid,
    /// Its place in the plan, 1 for the first.
    pub position: i32,
    /// The theme of the self-assessment it comes from.
    pub theme_key: Option<String>,
    /// What is to be different.
    pub title: String,
    /// How one will know.
    pub success_measure: String,
    /// `rules::plans::ObjectiveState` as text.
    pub state: String,
    /// Rises with every change.
    pub version: i32,
    /// When last changed.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
