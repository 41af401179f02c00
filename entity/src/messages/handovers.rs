//! Hand-overs in groups: what several connections begin and what they have ended, in a few
//! statements and one commit for all of them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rules::messages::{MessageKind, MessageState};
use rules::reminders::ReminderState;
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Query, TableRef, Value, ValueTuple};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseTransaction, EntityTrait as _,
    QueryFilter as _, QueryTrait as _,
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

/// Writes down that these messages are handed over from now on, with their bytes, and renews their
/// leases by so many seconds. Returns those it is true of: the others are somebody else's by now.
///
/// # Errors
/// The database fails.
pub async fn begin(
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
        ])
    });
    let own = |column: message::Column| Expr::col((message::Entity, column));
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
        .and_where(own(message::Column::Id).eq(given(1)))
        .and_where(own(message::Column::LeaseEpoch).eq(given(2)))
        .and_where(own(message::Column::State).eq(text(MessageState::Leased)))
        .returning(Query::returning().columns([message::Column::Id]))
        .to_owned();
    let begun = ids_of(txn, &statement).await?;
    let steps = all.iter().filter(|one| begun.contains(&one.lease.id)).map(|one| Step {
        lease: one.lease,
        state: MessageState::Handoff,
        detail: format!("Handed over as {}.", one.message_id),
    });
    outbox::note_all(txn, now, steps.collect()).await?;
    Ok(begun)
}

/// Writes down that these messages were taken, and with them the reminders they carry. Returns those
/// it is true of: the others are somebody else's by now.
///
/// # Errors
/// The database fails.
pub async fn accept(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    all: &[Accepted],
) -> Result<HashSet<Uuid>, StoreError> {
    if all.is_empty() {
        return Ok(HashSet::new());
    }
    let leases = all.iter().map(|one| (one.lease.id, one.lease.epoch));
    let columns = [message::Column::Id, message::Column::LeaseEpoch].map(Expr::col);
    let update = message::Entity::update_many()
        .col_expr(message::Column::State, Expr::val(text(MessageState::Accepted)))
        .col_expr(message::Column::ChangedAt, Expr::val(now))
        .col_expr(message::Column::LeasedUntil, Expr::val(None::<DateTime<Utc>>))
        .filter(Expr::tuple(columns).in_tuples(leases))
        .filter(message::Column::State.eq(text(MessageState::Handoff)));
    let mut statement = update.into_query();
    statement.returning(Query::returning().columns([message::Column::Id]));
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
    reminder::Entity::update_many()
        .col_expr(reminder::Column::State, Expr::val(text(ReminderState::Sent)))
        .col_expr(reminder::Column::ChangedAt, Expr::val(now))
        .filter(reminder::Column::MessageId.is_in(taken.iter().copied()))
        .filter(reminder::Column::State.eq(text(ReminderState::Bundled)))
        .exec(txn)
        .await?;
    let steps = all.iter().filter(|one| taken.contains(&one.lease.id)).map(|one| Step {
        lease: one.lease,
        state: MessageState::Accepted,
        detail: one.detail.clone(),
    });
    outbox::note_all(txn, now, steps.collect()).await?;
    Ok(taken)
}
