//! What is promised on a pathway, or by every hub; obligations are its dated instances.

use sea_orm::entity::prelude::*;

/// What is promised on a pathway, or by every hub; obligations are its dated instances.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "commitment_template")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The programme.
    pub programme_id: Uuid,
    /// The pathway; empty for a hub's own duties.
    pub pathway_id: Option<Uuid>,
    /// Key within the programme: `<pathway>.<commitment>` or `hub.<commitment>`.
    pub key: String,
    /// `rules::commitments::CommitmentKind` as text.
    pub kind: String,
    /// `rules::commitments::OwedBy` as text.
    pub owed_by: String,
    /// What is to be done, as an imperative.
    pub title: String,
    /// `rules::programme::CommitmentRule`: in which terms and by when.
    #[sea_orm(column_type = "JsonBinary")]
    pub rule: Json,
    /// Order in the set-up file.
    pub position: i32,
    /// When a later set-up dropped it.
    pub retired_at: Option<DateTimeUtc>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
