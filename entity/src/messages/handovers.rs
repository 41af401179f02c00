//! Hand-overs in groups: what several connections begin and what they have ended, in a few
//! statements and one commit for all of them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rules::messages::{MessageKind, MessageState, fingerprint};
use rules::reminders::ReminderState;
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Query, TableRef, Value, ValueTuple};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
};
use uuid::Uuid;

use super::outbox::{self, Lease, Step};
use super::{GIVEN, given, ids_of, message, reminder, text};
use crate::outcome::StoreError;

/// A message about to be handed over.
#[derive(Clone, Debug)]
pub struct HandOver {
    /// The lease it is held under.
    pub lease: Lease,
    /// Subject line.
    pub subject: String,
    /// `Message-ID`.
    pub message_id: String,
    /// The bytes to send.
    pub bytes: Vec<u8>,
    /// What its story says besides, in a sentence; empty if nothing.
    pub note: &'static str,
}

/// A message that was taken.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The lease it is held under.
    pub lease: Lease,
    /// What it was for.
    pub kind: MessageKind,
    /// A sentence for its story.
    pub detail: String,
}

/// Of which messages what was to be written down is true: the others are somebody else's by now.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// Those that were taken.
    pub accepted: HashSet<Uuid>,
    /// Those that are handed over from now on.
    pub begun: HashSet<Uuid>,
}

/// Writes down that some messages were taken, and with them the reminders they carry; and that others
/// are handed over from now on, with their bytes, their leases renewed by so many seconds. `others` are
/// those that the caller writes to besides, afterwards: all are held in one order before any is written
/// to, so that whoever holds several in the same order is waited for and neither gives way to the other.
///
/// # Errors
/// The database fails.
pub async fn write(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    lease_seconds: u64,
    taken: &[Accepted],
    given: &[HandOver],
    others: &[Uuid],
) -> Result<Written, StoreError> {
    let all = taken.iter().map(|one| one.lease.id).chain(given.iter().map(|one| one.lease.id));
    outbox::hold(txn, all.chain(others.iter().copied())).await?;
    let accepted = accept(txn, now, taken).await?;
    let begun = begin(txn, now, lease_seconds, given).await?;
    let ended = taken.iter().filter(|one| accepted.contains(&one.lease.id)).map(|one| Step {
        lease: one.lease,
        state: MessageState::Accepted,
        detail: one.detail.clone(),
    });
    let handed = given.iter().filter(|one| begun.contains(&one.lease.id)).map(|one| Step {
        lease: one.lease,
        state: MessageState::Handoff,
        detail: format!("Handed over as {}. {}", one.message_id, one.note).trim_end().to_owned(),
    });
    outbox::note_all(txn, now, ended.chain(handed).collect()).await?;
    Ok(Written { accepted, begun })
}

async fn begin(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    lease_seconds: u64,
    all: &[HandOver],
) -> Result<HashSet<Uuid>, StoreError> {
    if all.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = all.iter().map(|one| {
        ValueTuple::Many(vec![
            Value::from(one.lease.id),
            one.lease.epoch.into(),
            one.subject.clone().into(),
            one.message_id.clone().into(),
            one.bytes.clone().into(),
            fingerprint(&one.bytes).into(),
        ])
    });
    let until = outbox::database_time(txn.get_database_backend(), lease_seconds);
    let statement = Query::update()
        .table(message::Entity)
        .from(TableRef::ValuesList(rows.collect(), Alias::new(GIVEN).into()))
        .value(message::Column::State, text(MessageState::Handoff))
        .value(message::Column::ChangedAt, now)
        .value(message::Column::LeasedUntil, until)
        .value(message::Column::Subject, given(3))
        .value(message::Column::MessageIdHeader, given(4))
        .value(message::Column::Body, given(5))
        .value(message::Column::BodyHash, given(6))
        .and_where(own(message::Column::Id).eq(given(1)))
        .and_where(own(message::Column::LeaseEpoch).eq(given(2)))
        .and_where(own(message::Column::State).eq(text(MessageState::Leased)))
        .returning(Query::returning().columns([message::Column::Id]))
        .to_owned();
    ids_of(txn, &statement).await
}

async fn accept(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    all: &[Accepted],
) -> Result<HashSet<Uuid>, StoreError> {
    if all.is_empty() {
        return Ok(HashSet::new());
    }
    let leases = all.iter().map(|one| ValueTuple::Two(one.lease.id.into(), one.lease.epoch.into()));
    let statement = Query::update()
        .table(message::Entity)
        .from(TableRef::ValuesList(leases.collect(), Alias::new(GIVEN).into()))
        .value(message::Column::State, text(MessageState::Accepted))
        .value(message::Column::ChangedAt, now)
        .value(message::Column::LeasedUntil, None::<DateTime<Utc>>)
        .and_where(own(message::Column::Id).eq(given(1)))
        .and_where(own(message::Column::LeaseEpoch).eq(given(2)))
        .and_where(own(message::Column::State).eq(text(MessageState::Handoff)))
        .returning(Query::returning().columns([message::Column::Id]))
        .to_owned();
    let taken = ids_of(txn, &statement).await?;
    let links = all.iter().filter(|one| one.kind == MessageKind::SignInLink);
    let links: Vec<Uuid> =
        links.map(|one| one.lease.id).filter(|link| taken.contains(link)).collect();
    if !links.is_empty() {
        // What signs somebody in is kept no longer than it takes to deliver it.
        message::Entity::update_many()
            .col_expr(message::Column::Body, Expr::val(None::<Vec<u8>>))
            .filter(message::Column::Id.is_in(links))
            .exec(txn)
            .await?;
    }
    let digests = all.iter().filter(|one| one.kind == MessageKind::Digest);
    let digests: Vec<Uuid> =
        digests.map(|one| one.lease.id).filter(|digest| taken.contains(digest)).collect();
    if !digests.is_empty() {
        reminder::Entity::update_many()
            .col_expr(reminder::Column::State, Expr::val(text(ReminderState::Sent)))
            .col_expr(reminder::Column::ChangedAt, Expr::val(now))
            .filter(reminder::Column::MessageId.is_in(digests))
            .filter(reminder::Column::State.eq(text(ReminderState::Bundled)))
            .exec(txn)
            .await?;
    }
    Ok(taken)
}

/// A column of the message itself.
fn own(column: message::Column) -> Expr {
    Expr::col((message::Entity, column))
}
