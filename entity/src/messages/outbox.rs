//! The outbox: messages handed to workers under a lease, and the story of each.
//!
//! A lease rises in epoch every time a message changes hands, and every write of its holder says
//! `WHERE id = ? AND lease_epoch = ?`: a worker that was slow, stopped or replaced changes nothing.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use rules::lanes::{MailLane, lane_of};
use rules::messages::{MessageKind, MessageState, may_become};
use rules::reminders::ReminderState;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, LockBehavior, LockType, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait as _,
    ExprTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use strum::VariantArray as _;
use uuid::Uuid;

use super::{BATCH, message, message_event, reminder, text};
use crate::id::new_id;
use crate::operations::pauses;
use crate::outcome::{StoreError, word};

/// The right to write to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The message.
    pub id: Uuid,
    /// Which lease of it.
    pub epoch: i64,
}

/// A message as its new holder finds it.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The row.
    pub message: message::Model,
    /// Whether an earlier hand-over was cut off, so that it may have arrived already.
    pub in_doubt: bool,
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

/// Gives back a message that its holder has not begun: anybody may take it, from `send_after` on
/// if that is given, and the attempt does not count. It is pending, or uncertain again if it was
/// before. Says where it went; nothing when the lease is no longer the caller's.
///
/// # Errors
/// The database fails.
pub async fn give_back(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    lease: Lease,
    send_after: Option<DateTime<Utc>>,
    detail: &str,
) -> Result<Option<MessageState>, StoreError> {
    let doubted = in_doubt(txn, [lease.id]).await?.contains(&lease.id);
    let to = if doubted { MessageState::Uncertain } else { MessageState::Pending };
    let mut update = message::Entity::update_many()
        .col_expr(message::Column::State, Expr::val(text(to)))
        .col_expr(message::Column::LeaseOwner, Expr::val(None::<String>))
        .col_expr(message::Column::LeasedUntil, Expr::val(None::<DateTime<Utc>>))
        .col_expr(message::Column::LeaseEpoch, Expr::val(lease.epoch + 1))
        .col_expr(message::Column::Attempts, Expr::col(message::Column::Attempts).sub(1))
        .col_expr(message::Column::ChangedAt, Expr::val(now));
    if let Some(send_after) = send_after {
        update = update.col_expr(message::Column::SendAfter, Expr::val(send_after));
    }
    let updated = update
        .filter(message::Column::Id.eq(lease.id))
        .filter(message::Column::LeaseEpoch.eq(lease.epoch))
        .filter(message::Column::State.eq(text(MessageState::Leased)))
        .exec(txn)
        .await?;
    if updated.rows_affected == 0 {
        return Ok(None);
    }
    // Under the next epoch, so that the story has it after the lease it ends.
    let lease = Lease { epoch: lease.epoch + 1, ..lease };
    note(txn, lease, to, detail, now).await?;
    Ok(Some(to))
}

/// Gives back what a worker that stops holds and has not begun to hand over, so that nobody waits
/// for its leases to run out. Returns how many there were.
///
/// # Errors
/// The database fails.
pub async fn release(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    owner: &str,
) -> Result<usize, StoreError> {
    let held: Vec<(Uuid, i64)> = message::Entity::find()
        .select_only()
        .columns([message::Column::Id, message::Column::LeaseEpoch])
        .filter(message::Column::State.eq(text(MessageState::Leased)))
        .filter(message::Column::LeaseOwner.eq(owner))
        .order_by_asc(message::Column::Id)
        .into_tuple()
        .all(txn)
        .await?;
    let mut released = 0;
    for (id, epoch) in held {
        let detail = "Given back by a worker that stops.";
        let given = give_back(txn, now, Lease { id, epoch }, None, detail).await?;
        released += usize::from(given.is_some());
    }
    Ok(released)
}

/// The kinds of mail that nobody waits for.
fn patient() -> impl Iterator<Item = &'static str> {
    let waited_for = |kind: &MessageKind| lane_of(*kind) == MailLane::Immediate;
    MessageKind::VARIANTS.iter().filter(move |kind| !waited_for(kind)).map(Into::into)
}

/// Takes up to `limit` messages that may go at `now`, and those whose holder's lease ran out, for
/// `owner` and `lease_seconds`, what somebody waits for before all else; none of a lane that is paused.
/// Several workers at once get different messages.
///
/// # Errors
/// The database fails.
pub async fn claim(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    owner: &str,
    lease_seconds: u64,
    limit: u64,
) -> Result<Vec<Claimed>, StoreError> {
    let backend = txn.get_database_backend();
    let waiting = Condition::all()
        .add(message::Column::State.is_in(["pending", "deferred", "uncertain"]))
        .add(message::Column::SendAfter.lte(now));
    let abandoned = Condition::all()
        .add(message::Column::State.eq(text(MessageState::Leased)))
        .add(lease_is_over(backend));
    let ids: Vec<Uuid> = message::Entity::find()
        .select_only()
        .column(message::Column::Id)
        .filter(Condition::any().add(waiting).add(abandoned))
        .filter(message::Column::Kind.is_not_in(pauses::paused_kinds(txn, now).await?))
        .order_by_asc(Expr::col(message::Column::Kind).is_in(patient()))
        .order_by_asc(message::Column::SendAfter)
        .order_by_asc(message::Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple()
        .all(txn)
        .await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let doubted = in_doubt(txn, ids.iter().copied()).await?;
    let mut rows = message::Entity::update_many()
        .col_expr(message::Column::State, Expr::val(text(MessageState::Leased)))
        .col_expr(message::Column::LeaseOwner, Expr::val(owner))
        .col_expr(message::Column::LeaseEpoch, Expr::col(message::Column::LeaseEpoch).add(1))
        .col_expr(message::Column::LeasedUntil, database_time(backend, lease_seconds))
        .col_expr(message::Column::Attempts, Expr::col(message::Column::Attempts).add(1))
        .col_expr(message::Column::ChangedAt, Expr::val(now))
        .filter(message::Column::Id.is_in(ids))
        .exec_with_returning(txn)
        .await?;
    rows.sort_by_cached_key(|row| (patient().any(|kind| kind == row.kind), row.send_after, row.id));
    let taken = rows.iter().map(|row| Step {
        lease: Lease { id: row.id, epoch: row.lease_epoch },
        state: MessageState::Leased,
        detail: "Taken by a worker.".to_owned(),
    });
    note_all(txn, now, taken.collect()).await?;
    Ok(rows
        .into_iter()
        .map(|message| Claimed { in_doubt: doubted.contains(&message.id), message })
        .collect())
}

/// Holds messages until the transaction ends, in the order of their ids, as everybody does who holds
/// several: two that hold the same ones never wait for each other. SQLite has one writer.
pub(super) async fn hold(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<(), StoreError> {
    if db.get_database_backend() == DbBackend::Sqlite {
        return Ok(());
    }
    let mut ids: Vec<Uuid> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    for ids in ids.chunks(BATCH) {
        let held = message::Entity::find()
            .select_only()
            .column(message::Column::Id)
            .filter(message::Column::Id.is_in(ids.iter().copied()))
            .order_by_asc(message::Column::Id)
            .lock(LockType::NoKeyUpdate);
        held.into_tuple::<Uuid>().all(db).await?;
    }
    Ok(())
}

/// Which of these messages were cut off in an earlier hand-over, so that they may have arrived. The
/// story keeps it, wherever they went since.
pub(super) async fn in_doubt(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<HashSet<Uuid>, StoreError> {
    let found: Vec<Uuid> = message_event::Entity::find()
        .select_only()
        .column(message_event::Column::MessageId)
        .filter(message_event::Column::State.eq(text(MessageState::Uncertain)))
        .filter(message_event::Column::MessageId.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().collect())
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
