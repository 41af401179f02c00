//! That one person is to be reminded once about one revision of one obligation.

use sea_orm::entity::prelude::*;

/// That one person is to be reminded once about one revision of one obligation.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reminder")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The obligation.
    pub obligation_id: Uuid,
    /// Whom to remind.
    pub person_id: Uuid,
    /// `rules::reminders::Step` as text, such as `before_10`.
    pub step: String,
    /// Revision of the obligation it speaks of.
    pub revision: i32,
    /// Local day on which it goes out.
    pub send_on: Date,
    /// From then on it would be nonsense.
    pub expires_at: DateTimeUtc,
    /// `rules::reminders::ReminderState` as text.
    pub state: String,
    /// Why it is sent, or why it was cancelled.
    pub reason: String,
    /// The message that carries it.
    pub message_id: Option<Uuid>,
    /// When planned.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
