//! One respondent's answers. Its id is random and it has no time, so that nothing orders it.

use sea_orm::entity::prelude::*;

/// One respondent's answers. Its id is random and it has no time, so that nothing orders it.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "survey_response")]
pub struct Model {
    /// Random: no order of arrival is kept.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The campaign.
    pub campaign_id: Uuid,
    /// For which group of which school.
    pub invitation_id: Uuid,
    /// SHA-256 of the submission's id, in hexadecimal: a second submit finds the first.
    pub submission_hash: String,
    /// Answers by question key.
    #[sea_orm(column_type = "JsonBinary")]
    pub answers: Json,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
