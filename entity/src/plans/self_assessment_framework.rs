//! The themes and levels partners assess themselves by, as one version of a programme's data.

use sea_orm::entity::prelude::*;

/// The themes and levels partners assess themselves by, as one version of a programme's data.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "self_assessment_framework")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its programme.
    pub programme_id: Uuid,
    /// 1 for the first; a changed framework is a new version, and old self-assessments keep theirs.
    pub version: i32,
    /// Its title.
    pub title: String,
    /// `rules::plans::Theme` rows.
    #[sea_orm(column_type = "JsonBinary")]
    pub themes: Json,
    /// When loaded.
    pub created_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
