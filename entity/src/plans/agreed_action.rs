//! Something agreed to be done, in a plan or at a visit, by somebody, by a day.

use sea_orm::entity::prelude::*;

/// Something agreed to be done, in a plan or at a visit, by somebody, by a day.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agreed_action")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The partner's enrolment.
    pub enrolment_id: Uuid,
    /// The objective it serves.
    pub objective_id: Option<Uuid>,
    /// The visit at which it was agreed.
    pub visit_id: Option<Uuid>,
    /// What is to be done.
    pub title: String,
    /// `rules::visits::Party` as text: the side that does it.
    pub owner_party: String,
    /// Who does it, as the two sides call them.
    pub owner_name: String,
    /// London day by the end of which.
    pub due_on: Date,
    /// `rules::plans::ActionState` as text.
    pub state: String,
    /// London day on which it was done.
    pub done_on: Option<Date>,
    /// Rises with every change.
    pub version: i32,
    /// When agreed.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
