//! Somebody who signs in or receives mail.

use sea_orm::entity::prelude::*;

/// Somebody who signs in or receives mail.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Name as they write it.
    pub name: String,
    /// Address in lower case, unique.
    pub email: String,
    /// Chosen digest time in minutes after local midnight; empty for the programme's.
    pub digest_minute: Option<i32>,
    /// Whether mail that is not a duty may be sent.
    pub optional_mail: bool,
    /// When first recorded.
    pub created_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
