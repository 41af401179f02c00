//! Somebody's account at a sign-in service.

use sea_orm::entity::prelude::*;

/// Somebody's account at a sign-in service.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who it is.
    pub person_id: Uuid,
    /// The service, as its tokens name it.
    pub issuer: String,
    /// The account there: unique with the issuer, and never given to another.
    pub subject: String,
    /// What it said of them last, cut to what is needed.
    pub claims: Json,
    /// When first seen.
    pub created_at: DateTimeUtc,
    /// When it last signed them in.
    pub last_signed_in_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
