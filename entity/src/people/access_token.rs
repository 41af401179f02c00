//! A bearer token, of which only the hash is kept.

use sea_orm::entity::prelude::*;

/// A bearer token, of which only the hash is kept.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "access_token")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whom it signs in.
    pub person_id: Uuid,
    /// SHA-256 of the token, hexadecimal.
    pub token_hash: String,
    /// What it is for, shown in lists.
    pub label: String,
    /// When made.
    pub created_at: DateTimeUtc,
    /// From when it is refused.
    pub expires_at: DateTimeUtc,
    /// When taken back.
    pub revoked_at: Option<DateTimeUtc>,
    /// `rules::sign_in::TokenKind` as text.
    pub kind: String,
    /// What it may do: words of `rules::sign_in::TokenScope` with blanks between.
    pub scopes: String,
    /// Who made it; none for the command line.
    pub created_by: Option<Uuid>,
    /// When a request last came with it, to the minute or so.
    pub last_used_at: Option<DateTimeUtc>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
