//! Letters: messages that are no digest, each decided by the area it is about.

use chrono::{DateTime, Utc};
use rules::messages::{About, MessageKind, MessageState};
use sea_orm::ActiveValue::Set;
use sea_orm::{DatabaseTransaction, EntityTrait as _, TryInsertResult};
use uuid::Uuid;

use super::{message, outbox, text};
use crate::id::new_id;
use crate::outcome::StoreError;

/// A letter to be written.
#[derive(Clone, Debug)]
pub struct LetterWish {
    /// What it is for.
    pub kind: MessageKind,
    /// To whom.
    pub person_id: Uuid,
    /// What it is about.
    pub about: About,
    /// The row it is about.
    pub about_id: Uuid,
    /// Two wishes with one key make one letter.
    pub dedupe_key: String,
    /// From when on it may go.
    pub send_after: DateTime<Utc>,
    /// From when on it would be nonsense.
    pub expires_at: DateTime<Utc>,
}

/// Puts a letter into the outbox; false when its key is there already. It is rendered, and looked
/// at once more, when it is sent.
///
/// # Errors
/// The database fails.
pub async fn queue(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    wish: LetterWish,
) -> Result<bool, StoreError> {
    queue_revision(txn, now, wish, Told::default()).await
}

/// What a letter tells of what it is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    /// Its revision; none where there are no revisions.
    pub revision: Option<i32>,
    /// The time, start and end, that the reader knew before; none unless it is another now.
    pub was: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Puts a letter into the outbox that tells of one revision of what it is about; see [`queue`].
///
/// # Errors
/// The database fails.
pub async fn queue_revision(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    wish: LetterWish,
    told: Told,
) -> Result<bool, StoreError> {
    let id = new_id(now);
    let row = message::ActiveModel {
        id: Set(id),
        kind: Set(text(wish.kind)),
        person_id: Set(wish.person_id),
        dedupe_key: Set(wish.dedupe_key),
        local_day: Set(None),
        subject: Set(None),
        state: Set(text(MessageState::Pending)),
        send_after: Set(wish.send_after),
        expires_at: Set(wish.expires_at),
        attempts: Set(0),
        lease_owner: Set(None),
        lease_epoch: Set(0),
        leased_until: Set(None),
        message_id_header: Set(None),
        body: Set(None),
        body_hash: Set(None),
        created_at: Set(now),
        changed_at: Set(now),
        about_kind: Set(Some(text(wish.about))),
        about_id: Set(Some(wish.about_id)),
        about_revision: Set(told.revision),
        was_starts_at: Set(told.was.map(|(start, _)| start)),
        was_ends_at: Set(told.was.map(|(_, end)| end)),
    };
    let inserted = message::Entity::insert(row)
        .on_conflict_do_nothing_on([message::Column::DedupeKey])
        .exec_without_returning(txn)
        .await?;
    if !matches!(inserted, TryInsertResult::Inserted(1)) {
        return Ok(false);
    }
    let lease = outbox::Lease { id, epoch: 0 };
    outbox::note(txn, lease, MessageState::Pending, "To be written and sent.", now).await?;
    Ok(true)
}
