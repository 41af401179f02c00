//! One mail to one person, rendered once.

use sea_orm::entity::prelude::*;

/// One mail to one person, rendered once.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `rules::messages::MessageKind` as text.
    pub kind: String,
    /// The recipient.
    pub person_id: Uuid,
    /// What makes it the only one of its kind: `digest:<person>:<day>`.
    pub dedupe_key: String,
    /// Local day of a digest.
    pub local_day: Option<Date>,
    /// Subject line, once rendered.
    pub subject: Option<String>,
    /// `rules::messages::MessageState` as text.
    pub state: String,
    /// Not sent before.
    pub send_after: DateTimeUtc,
    /// Not sent from then on.
    pub expires_at: DateTimeUtc,
    /// Deliveries begun.
    pub attempts: i32,
    /// Worker that holds it.
    pub lease_owner: Option<String>,
    /// Rises with every lease: a stale worker's writes change nothing.
    pub lease_epoch: i64,
    /// When the lease ends, by the database's clock.
    pub leased_until: Option<DateTimeUtc>,
    /// `Message-ID`, fixed when rendered.
    pub message_id_header: Option<String>,
    /// The bytes to send, fixed when rendered; deleted a while after the message has met its end.
    pub body: Option<Vec<u8>>,
    /// SHA-256 of those bytes, hexadecimal; it stays. None before they are handed over, and of mails
    /// handed over before there was this column.
    pub body_hash: Option<String>,
    /// When decided.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub changed_at: DateTimeUtc,
    /// `rules::messages::About` as text: what it is about; none for a digest.
    pub about_kind: Option<String>,
    /// The row it is about.
    pub about_id: Option<Uuid>,
    /// Which revision of that row it tells of; none where there are no revisions.
    pub about_revision: Option<i32>,
    /// When what takes place at another time was to start, as the reader knew it; only in notices of
    /// that.
    pub was_starts_at: Option<DateTimeUtc>,
    /// When it was to end.
    pub was_ends_at: Option<DateTimeUtc>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
