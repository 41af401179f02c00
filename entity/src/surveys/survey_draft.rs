//! Answers on their way, page by page; gone once sent.

use sea_orm::entity::prelude::*;

/// Answers on their way, page by page; gone once sent.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "survey_draft")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The campaign.
    pub campaign_id: Uuid,
    /// For which group of which school.
    pub invitation_id: Uuid,
    /// SHA-256 of the submission's id, in hexadecimal.
    pub submission_hash: String,
    /// Answers so far by question key.
    #[sea_orm(column_type = "JsonBinary")]
    pub answers: Json,
    /// London day of the last change; old ones are deleted.
    pub changed_on: Date,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
