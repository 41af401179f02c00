//! A support pathway of a programme, such as Regional or Enhanced.

use sea_orm::entity::prelude::*;

/// A support pathway of a programme, such as Regional or Enhanced.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "pathway")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The programme.
    pub programme_id: Uuid,
    /// Key within the programme.
    pub key: String,
    /// Name.
    pub name: String,
    /// What it offers.
    pub description: String,
    /// `rules::programme::PartnerKind` as text.
    pub partner_kind: String,
    /// Least leadership days the partner can expect.
    pub leadership_days_min: Option<i32>,
    /// Most leadership days the partner can expect.
    pub leadership_days_max: Option<i32>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
