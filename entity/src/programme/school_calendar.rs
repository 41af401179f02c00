//! School terms: the default, or one local authority's or school's own.

use sea_orm::entity::prelude::*;

/// School terms: the default, or one local authority's or school's own.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "school_calendar")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `default`, `local-authority:<code>` or `school:<urn>`.
    pub key: String,
    /// Name.
    pub name: String,
    /// Whose, if a local authority's.
    pub local_authority_id: Option<Uuid>,
    /// Whose, if a school's.
    pub school_id: Option<Uuid>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
