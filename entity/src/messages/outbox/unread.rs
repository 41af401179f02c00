//! Messages that cannot be read: a row of a newer version, or one that is damaged.

use chrono::{DateTime, Utc};
use rules::messages::{MessageState, after_fault, again_in, pause_after};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryResult,
};

use super::claims::in_doubt;
use super::{Lease, advance};
use crate::messages::{message, message_event, text};
use crate::outcome::StoreError;

/// How the story of a message says so.
const UNREAD: &str = "It cannot be read or written: ";

/// A message that its holder cannot read.
#[derive(Debug)]
pub struct Unread {
    /// The lease it is held under.
    pub lease: Lease,
    /// What is wrong with it.
    pub fault: StoreError,
}

impl Unread {
    /// One whose row does not make a message: of SQLite, where a column may hold anything.
    pub(super) fn of_row(row: &QueryResult, error: DbErr) -> Result<Self, StoreError> {
        let (id, epoch) = (row.try_get("", "id")?, row.try_get("", "lease_epoch")?);
        Ok(Self { lease: Lease { id, epoch }, fault: StoreError::Database(error) })
    }
}

/// Puts off a message that its holder could not read or write, and once that has been tried for a
/// while holds it for a person. `problem` is for its story, without personal data. Says where the
/// message went; nothing when the lease is no longer the caller's.
///
/// # Errors
/// The database fails.
pub async fn set_aside(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    lease: Lease,
    problem: &str,
) -> Result<Option<MessageState>, StoreError> {
    // Those by which a mail server put it off do not count.
    let before = message_event::Entity::find()
        .filter(message_event::Column::MessageId.eq(lease.id))
        .filter(
            message_event::Column::State
                .is_in([MessageState::Deferred, MessageState::Uncertain].map(text)),
        )
        .filter(message_event::Column::Detail.starts_with(UNREAD))
        .count(txn)
        .await?;
    let tries = i32::try_from(before).unwrap_or(i32::MAX).saturating_add(1);
    let mut set = message::ActiveModel { leased_until: Set(None), ..Default::default() };
    let to = after_fault(tries);
    let what_next = if to == MessageState::Deferred {
        let pause = pause_after(tries, lease.id);
        set.send_after = Set(now + pause);
        again_in(pause)
    } else {
        "A person has to look.".to_owned()
    };
    let detail = format!("{UNREAD}{problem}. {what_next}");
    // What may have arrived is known to, wherever it waits.
    let doubted =
        to == MessageState::Deferred && in_doubt(txn, [lease.id]).await?.contains(&lease.id);
    let to = if doubted { MessageState::Uncertain } else { to };
    let moved = advance(txn, now, lease, to, &detail, set).await?;
    Ok(moved.then_some(to))
}
