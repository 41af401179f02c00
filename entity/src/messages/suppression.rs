//! An address that no mail goes to, and why.

use sea_orm::entity::prelude::*;

/// An address that no mail goes to, and why.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "suppression")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The address, in lower case. At most one row of an address is not released.
    pub address: String,
    /// `rules::messages::suppression::SuppressionReason` as text.
    pub reason: String,
    /// What was told: a status, or the words of who decided.
    pub note: String,
    /// Since when.
    pub since: DateTimeUtc,
    /// The message that showed it.
    pub message_id: Option<Uuid>,
    /// Who decided it, if somebody did.
    pub by_person: Option<Uuid>,
    /// When mail was let go to it again.
    pub released_at: Option<DateTimeUtc>,
    /// Who did that.
    pub released_by: Option<Uuid>,
    /// Why.
    pub release_reason: Option<String>,
    /// When last changed.
    pub changed_at: DateTimeUtc,
    /// Rises with every change.
    pub version: i32,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
