//! Somebody on their way to a sign-in service and back.

use sea_orm::entity::prelude::*;

/// Somebody on their way to a sign-in service and back.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_attempt")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// SHA-256 of the state they bring back, hexadecimal.
    pub state_hash: String,
    /// What the service's token must repeat.
    pub nonce: String,
    /// What proves that the code was asked for by us.
    pub pkce_verifier: String,
    /// Which of the services in the settings.
    pub issuer_key: String,
    /// Where they go once signed in: a path of ours.
    pub return_to: String,
    /// When they left.
    pub created_at: DateTimeUtc,
    /// From when they need not come back.
    pub expires_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
