//! One import that changed the register, or found nothing to change.

use sea_orm::entity::prelude::*;

/// One import that changed the register, or found nothing to change.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "register_import")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `establishments` or `links`.
    pub kind: String,
    /// SHA-256 of the file as read, hexadecimal.
    pub file_sha256: String,
    /// Data rows read.
    pub rows: i32,
    /// Rows added.
    pub added: i32,
    /// Rows changed, closures not counted.
    pub changed: i32,
    /// Schools that were open before and are closed now.
    pub closed: i32,
    /// Rows found as they were.
    pub unchanged: i32,
    /// Rows refused, each reported with its line.
    pub rejected: i32,
    /// When the import was committed.
    pub imported_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
