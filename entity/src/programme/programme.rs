//! A support programme, with its policy as data.

use sea_orm::entity::prelude::*;

/// A support programme, with its policy as data.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "programme")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Stable key of the set-up file.
    pub key: String,
    /// Name.
    pub name: String,
    /// What it is, in a sentence or two.
    pub description: String,
    /// `rules::programme::Policy`.
    #[sea_orm(column_type = "JsonBinary")]
    pub policy: Json,
    /// Since when the policy is as it is; none of those loaded before that was written down.
    pub policy_since: Option<DateTimeUtc>,
    /// When first loaded.
    pub created_at: DateTimeUtc,
    /// When a set-up last changed it.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
