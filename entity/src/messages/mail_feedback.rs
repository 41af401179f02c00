//! What a mail system reported of a message, once.

use sea_orm::entity::prelude::*;

/// What a mail system reported of a message, once.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_feedback")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The same for the same report, so that it counts once.
    pub key: String,
    /// `rules::messages::feedback::FeedbackKind` as text.
    pub kind: String,
    /// `mailbox` or `webhook`.
    pub source: String,
    /// The message, if it is one of ours.
    pub message_id: Option<Uuid>,
    /// The address that the message went to; deleted a while after the report came.
    pub address: Option<String>,
    /// The status that was told, such as `5.1.1`; empty when none.
    pub status: String,
    /// When it happened, as far as that was told.
    pub happened_at: DateTimeUtc,
    /// When the report came.
    pub received_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
