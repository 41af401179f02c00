//! Taking messages to hand over, and giving them back.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rules::lanes::{MailLane, lane_of};
use rules::messages::{MessageKind, MessageState};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait as _,
    ExprTrait as _, FromQueryResult as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    QueryTrait as _,
};
use strum::VariantArray as _;
use uuid::Uuid;

use super::{Lease, Step, Unread, database_time, lease_is_over, note, note_all};
use crate::messages::{BATCH, message, message_event, text};
use crate::operations::pauses;
use crate::outcome::StoreError;

/// A message as its new holder finds it.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The row.
    pub message: message::Model,
    /// Whether an earlier hand-over was cut off, so that it may have arrived already.
    pub in_doubt: bool,
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

/// Messages taken together.
#[derive(Debug, Default)]
pub struct Claims {
    /// Those that can be read, what somebody waits for first.
    pub taken: Vec<Claimed>,
    /// Those whose rows hold what they cannot. They are the caller's as well, to be set aside.
    pub unread: Vec<Unread>,
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
) -> Result<Claims, StoreError> {
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
        return Ok(Claims::default());
    }
    let doubted = in_doubt(txn, ids.iter().copied()).await?;
    let mut update = message::Entity::update_many()
        .col_expr(message::Column::State, Expr::val(text(MessageState::Leased)))
        .col_expr(message::Column::LeaseOwner, Expr::val(owner))
        .col_expr(message::Column::LeaseEpoch, Expr::col(message::Column::LeaseEpoch).add(1))
        .col_expr(message::Column::LeasedUntil, database_time(backend, lease_seconds))
        .col_expr(message::Column::Attempts, Expr::col(message::Column::Attempts).add(1))
        .col_expr(message::Column::ChangedAt, Expr::val(now))
        .filter(message::Column::Id.is_in(ids))
        .into_query();
    let (mut rows, mut unread) = (Vec::new(), Vec::new());
    for row in txn.query_all(update.returning_all()).await? {
        match message::Model::from_query_result(&row, "") {
            Ok(row) => rows.push(row),
            Err(error) => unread.push(Unread::of_row(&row, error)?),
        }
    }
    rows.sort_by_cached_key(|row| (patient().any(|kind| kind == row.kind), row.send_after, row.id));
    let leases = rows.iter().map(|row| Lease { id: row.id, epoch: row.lease_epoch });
    let leases = leases.chain(unread.iter().map(|one| one.lease));
    let taken = leases.map(|lease| Step {
        lease,
        state: MessageState::Leased,
        detail: "Taken by a worker.".to_owned(),
    });
    note_all(txn, now, taken.collect()).await?;
    let taken = rows
        .into_iter()
        .map(|message| Claimed { in_doubt: doubted.contains(&message.id), message })
        .collect();
    Ok(Claims { taken, unread })
}

/// Holds messages until the transaction ends, in the order of their ids, as everybody does who holds
/// several: two that hold the same ones never wait for each other. SQLite has one writer.
pub(in crate::messages) async fn hold(
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
pub(in crate::messages) async fn in_doubt(
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
