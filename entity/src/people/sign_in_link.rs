//! A link by mail that signs in, once. Its token is worked out of its id and the secret of the
//! instance when it is mailed; here is only the hash.

use sea_orm::entity::prelude::*;

/// A request for a link that signs in, once.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_link")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whom it signs in; none where the address is that of nobody who may have one.
    pub person_id: Option<Uuid>,
    /// SHA-256 of its token, hexadecimal.
    pub token_hash: String,
    /// The address asked for, sealed with the secret of the instance: only good for counting.
    pub address_hash: String,
    /// The network the request came from, sealed likewise.
    pub network_hash: String,
    /// Where whoever it signs in goes then: a path of ours.
    pub return_to: String,
    /// When asked for.
    pub created_at: DateTimeUtc,
    /// From when it opens nothing; brought forward when a newer one takes its place.
    pub expires_at: DateTimeUtc,
    /// When its letter was put into the outbox.
    pub queued_at: Option<DateTimeUtc>,
    /// When it signed somebody in.
    pub spent_at: Option<DateTimeUtc>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
