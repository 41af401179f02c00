//! Hand-overs of which nobody knows how they ended.

use chrono::{DateTime, Utc};
use rules::messages::MessageState;
use rules::reminders::ReminderState;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseTransaction, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::claims::in_doubt;
use super::{Lease, advance, go, lease_is_over, settle_reminders};
use crate::messages::{message, text};
use crate::outcome::StoreError;

/// Ends the leases of hand-overs that were cut off. The first time a message becomes uncertain, to
/// be handed over once more; the second time it is held for a person. Returns how many were found.
///
/// # Errors
/// The database fails.
pub async fn settle_cut_off(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let lost = message::Entity::find()
        .select_only()
        .columns([message::Column::Id, message::Column::LeaseEpoch])
        .filter(message::Column::State.eq(text(MessageState::Handoff)))
        .filter(lease_is_over(txn.get_database_backend()))
        .order_by_asc(message::Column::Id)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple::<(Uuid, i64)>()
        .all(txn)
        .await?;
    let doubted = in_doubt(txn, lost.iter().map(|(id, _)| *id)).await?;
    for (id, epoch) in &lost {
        cut_off(txn, now, Lease { id: *id, epoch: *epoch }, doubted.contains(id), None).await?;
    }
    Ok(lost.len())
}

/// Notes that a hand-over was cut off, so that nobody knows whether the message arrived: it becomes
/// uncertain, to be handed over once more from `again_at` on, and is held for a person if it was
/// uncertain before (`in_doubt`). Says where it ended; nothing when the lease is no longer the
/// caller's.
///
/// # Errors
/// The database fails.
pub async fn cut_off(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    lease: Lease,
    in_doubt: bool,
    again_at: Option<DateTime<Utc>>,
) -> Result<Option<MessageState>, StoreError> {
    let mut set = message::ActiveModel {
        lease_epoch: Set(lease.epoch + 1),
        leased_until: Set(None),
        ..Default::default()
    };
    if let Some(again_at) = again_at {
        set.send_after = Set(again_at);
    }
    let detail = "The hand-over was cut off; it may have arrived.";
    let to = MessageState::Uncertain;
    if !go(txn, now, lease, (&[MessageState::Handoff], to), detail, set).await? {
        return Ok(None);
    }
    if !in_doubt {
        return Ok(Some(MessageState::Uncertain));
    }
    let lease = Lease { epoch: lease.epoch + 1, ..lease };
    let detail = "Cut off twice; a person has to look.";
    let set = <message::ActiveModel as Default>::default();
    advance(txn, now, lease, MessageState::Held, detail, set).await?;
    Ok(Some(MessageState::Held))
}

/// Notes that a message was taken, of which nobody knew: a report about it came back. Whoever holds
/// it, if somebody does, writes nothing more. Says whether it was so.
///
/// # Errors
/// The database fails.
pub async fn was_taken(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    lease: Lease,
) -> Result<bool, StoreError> {
    let set = message::ActiveModel {
        lease_epoch: Set(lease.epoch + 1),
        leased_until: Set(None),
        ..Default::default()
    };
    let detail = "It was taken: a report about it came back.";
    if !advance(txn, now, lease, MessageState::Accepted, detail, set).await? {
        return Ok(false);
    }
    settle_reminders(txn, now, lease.id, ReminderState::Sent, None).await?;
    Ok(true)
}

/// Puts a message off until `send_after`, with the columns `set` gives: it is deferred, or uncertain
/// again if it was before (`in_doubt`), since it may have arrived then. Says where it went; nothing
/// when the lease is no longer the caller's.
///
/// # Errors
/// The database fails.
pub async fn put_off(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    lease: Lease,
    in_doubt: bool,
    send_after: DateTime<Utc>,
    detail: &str,
    mut set: message::ActiveModel,
) -> Result<Option<MessageState>, StoreError> {
    set.send_after = Set(send_after);
    set.leased_until = Set(None);
    let to = if in_doubt { MessageState::Uncertain } else { MessageState::Deferred };
    Ok(advance(txn, now, lease, to, detail, set).await?.then_some(to))
}
