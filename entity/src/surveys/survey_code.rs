//! The code of one group of one school, printed or read out; it can be changed at any time.

use sea_orm::entity::prelude::*;

/// The code of one group of one school, printed or read out; it can be changed at any time.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "survey_code")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// For which group of which school.
    pub invitation_id: Uuid,
    /// The code, in capitals without a dash.
    pub code: String,
    /// When made.
    pub created_at: DateTimeUtc,
    /// When another took its place.
    pub retired_at: Option<DateTimeUtc>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
