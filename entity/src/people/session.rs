//! A browser that is signed in. Of its cookie only the hash is kept.

use sea_orm::entity::prelude::*;

/// A browser that is signed in. Of its cookie only the hash is kept.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who is signed in.
    pub person_id: Uuid,
    /// SHA-256 of the cookie's token, hexadecimal.
    pub token_hash: String,
    /// `rules::sign_in::SignInMethod` as text.
    pub method: String,
    /// Which sign-in service vouched for them, by its key in the settings; none for a link.
    pub issuer: Option<String>,
    /// When they signed in.
    pub created_at: DateTimeUtc,
    /// When a request last came with it, to the minute or so.
    pub last_seen_at: DateTimeUtc,
    /// From when it is refused if no request comes.
    pub idle_until: DateTimeUtc,
    /// From when it is refused in any case.
    pub expires_at: DateTimeUtc,
    /// When signed out or taken back.
    pub revoked_at: Option<DateTimeUtc>,
    /// What the browser calls itself, cut short.
    pub user_agent: String,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
