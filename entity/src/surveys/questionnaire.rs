//! What is asked, as one version of data.

use sea_orm::entity::prelude::*;

/// What is asked, as one version of data.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "questionnaire")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Stable key, such as `pupil-perceptions`.
    pub key: String,
    /// 1 for the first; a changed questionnaire is a new version.
    pub version: i32,
    /// Title, shown to respondents.
    pub title: String,
    /// What respondents read first.
    pub introduction: String,
    /// `rules::surveys::RespondentGroup` words: the groups it may be put to.
    #[sea_orm(column_type = "JsonBinary")]
    pub groups: Json,
    /// `rules::surveys::Page` rows.
    #[sea_orm(column_type = "JsonBinary")]
    pub pages: Json,
    /// When loaded.
    pub created_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
