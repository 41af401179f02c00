//! The outbox: messages handed to workers under a lease, and the story of each.
//!
//! A lease rises in epoch every time a message changes hands, and every write of its holder says
//! `WHERE id = ? AND lease_epoch = ?`: a worker that was slow, stopped or replaced changes nothing.

mod claims;
mod doubts;
mod unread;

use chrono::{DateTime, TimeDelta, Utc};
use rules::messages::{MessageKind, MessageState, may_become};
use rules::reminders::ReminderState;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbBackend, EntityTrait as _, ExprTrait as _,
    QueryFilter as _,
};
use strum::VariantArray as _;
use uuid::Uuid;

pub use self::claims::{Claimed, Claims, claim, give_back, release};
pub(super) use self::claims::{hold, in_doubt};
pub use self::doubts::{cut_off, put_off, settle_cut_off, was_taken};
pub use self::unread::{Unread, set_aside};
use super::{message, message_event, reminder, text};
use crate::id::new_id;
use crate::outcome::{StoreError, word};

/// The right to write to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The message.
    pub id: Uuid,
    /// Which lease of it.
    pub epoch: i64,
}

/// The database's own time: the only judge of leases, since workers' clocks may differ and a
/// demonstration's stands elsewhere altogether.
pub(super) fn database_time(backend: DbBackend, plus_seconds: u64) -> SimpleExpr {
    Expr::cust(match backend {
        DbBackend::Sqlite => {
            format!("strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', '+{plus_seconds} seconds')")
        }
        _ => format!("clock_timestamp() + interval '{plus_seconds} seconds'"),
    })
}

fn lease_is_over(backend: DbBackend) -> SimpleExpr {
    Expr::col(message::Column::LeasedUntil).lte(database_time(backend, 0))
}

/// Moves a message on, with the columns `set` gives, and adds to its story. False when the lease
/// is no longer the caller's or the message cannot go there: then nothing changed and the caller
/// must stop.
///
/// # Errors
/// The database fails.
pub async fn advance(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    lease: Lease,
    to: MessageState,
    detail: &str,
    set: message::ActiveModel,
) -> Result<bool, StoreError> {
    let from = MessageState::VARIANTS.iter().copied().filter(|from| may_become(*from, to));
    go(txn, now, lease, (&from.collect::<Vec<_>>(), to), detail, set).await
}

/// As [`advance`], from one of these states alone.
async fn go(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    lease: Lease,
    (from, to): (&[MessageState], MessageState),
    detail: &str,
    mut set: message::ActiveModel,
) -> Result<bool, StoreError> {
    set.state = Set(text(to));
    set.changed_at = Set(now);
    let from = from.iter().map(|from| text(*from));
    let updated = message::Entity::update_many()
        .set(set)
        .filter(message::Column::Id.eq(lease.id))
        .filter(message::Column::LeaseEpoch.eq(lease.epoch))
        .filter(message::Column::State.is_in(from))
        .exec(txn)
        .await?;
    if updated.rows_affected == 0 {
        return Ok(false);
    }
    if to.is_an_end() {
        // What signs somebody in is kept no longer than it takes to deliver it.
        message::Entity::update_many()
            .col_expr(message::Column::Body, Expr::val(None::<Vec<u8>>))
            .filter(message::Column::Id.eq(lease.id))
            .filter(message::Column::Kind.eq(text(MessageKind::SignInLink)))
            .exec(txn)
            .await?;
    }
    note(txn, lease, to, detail, now).await?;
    Ok(true)
}

/// Settles the reminders a message carries; with a `reason`, that takes the place of why they were
/// to be sent. Back to planned, they leave the message and wait for the next digest.
///
/// # Errors
/// The database fails.
pub async fn settle_reminders(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    message_id: Uuid,
    state: ReminderState,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let mut update = reminder::Entity::update_many()
        .col_expr(reminder::Column::State, Expr::val(text(state)))
        .col_expr(reminder::Column::ChangedAt, Expr::val(now));
    if let Some(reason) = reason {
        update = update.col_expr(reminder::Column::Reason, Expr::val(reason));
    }
    if state == ReminderState::Planned {
        update = update.col_expr(reminder::Column::MessageId, Expr::val(None::<Uuid>));
    }
    update
        .filter(reminder::Column::MessageId.eq(message_id))
        .filter(reminder::Column::State.eq(text(ReminderState::Bundled)))
        .exec(txn)
        .await?;
    Ok(())
}

/// One step in the story of a message.
pub(super) struct Step {
    /// The lease under which it was taken.
    pub(super) lease: Lease,
    /// Where the message went.
    pub(super) state: MessageState,
    /// Why, without personal data.
    pub(super) detail: String,
}

/// Adds one step to the story of a message.
pub(crate) async fn note(
    txn: &DatabaseTransaction,
    lease: Lease,
    state: MessageState,
    detail: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    note_all(txn, now, vec![Step { lease, state, detail: detail.to_owned() }]).await
}

/// Adds one step each to the stories of some messages. Steps of one `now` are told apart by
/// microseconds, in the order of leases and states, so that the story reads in the order in which it
/// happened.
pub(super) async fn note_all(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    steps: Vec<Step>,
) -> Result<(), StoreError> {
    if steps.is_empty() {
        return Ok(());
    }
    let rows = steps.into_iter().map(|Step { lease: Lease { id, epoch }, state, detail }| {
        let place = MessageState::VARIANTS.iter().position(|one| *one == state);
        let place = i64::try_from(place.unwrap_or(0)).unwrap_or(0);
        let after = TimeDelta::microseconds(epoch.saturating_mul(16).saturating_add(place));
        message_event::ActiveModel {
            id: Set(new_id(now)),
            message_id: Set(id),
            state: Set(text(state)),
            detail: Set(detail),
            happened_at: Set(now + after),
        }
    });
    message_event::Entity::insert_many(rows).exec_without_returning(txn).await?;
    Ok(())
}

/// The state of a message.
///
/// # Errors
/// The row holds a word this version does not know.
pub fn state(message: &message::Model) -> Result<MessageState, StoreError> {
    word("message", message.id, &message.state)
}
