//! One step in the history of an enrolment.

use sea_orm::entity::prelude::*;

/// One step in the history of an enrolment.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "enrolment_change")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The enrolment.
    pub enrolment_id: Uuid,
    /// `enrolled`, `transferred`, `paused`, `resumed`, `withdrawn` or `completed`.
    pub kind: String,
    /// Hub before a transfer.
    pub from_hub_id: Option<Uuid>,
    /// Hub after it.
    pub to_hub_id: Option<Uuid>,
    /// Reason given.
    pub reason: Option<String>,
    /// Who did it; empty for an import.
    pub changed_by: Option<Uuid>,
    /// When.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
