//! Digests whose day has passed: what they were to say waits for the next one.

use chrono::{DateTime, Utc};
use rules::messages::{MessageKind, MessageState};
use rules::reminders::ReminderState;
use sea_orm::sea_query::{Expr, LockBehavior, LockType, Query};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait as _,
    ExprTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use crate::messages::outbox::{self, Lease, database_time};
use crate::messages::{BATCH, message, message_event, reminder, text};
use crate::outcome::StoreError;

/// Digests whose day is over and that nobody has in hand. What may have arrived is none of them: that
/// is first found out.
fn passed(backend: DbBackend, now: DateTime<Utc>) -> Condition {
    let doubted = Query::select()
        .column(message_event::Column::MessageId)
        .from(message_event::Entity)
        .and_where(message_event::Column::State.eq(text(MessageState::Uncertain)))
        .to_owned();
    let waiting = [MessageState::Pending, MessageState::Deferred].map(text);
    let abandoned = message::Column::State
        .eq(text(MessageState::Leased))
        .and(Expr::col(message::Column::LeasedUntil).lte(database_time(backend, 0)));
    Condition::all()
        .add(message::Column::Kind.eq(text(MessageKind::Digest)))
        .add(message::Column::ExpiresAt.lte(now))
        .add(Condition::any().add(message::Column::State.is_in(waiting)).add(abandoned))
        .add(message::Column::Id.not_in_subquery(doubted))
}

/// Whether there are any.
pub(super) async fn any(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let found = message::Entity::find()
        .select_only()
        .column(message::Column::Id)
        .filter(passed(db.get_database_backend(), now))
        .into_tuple::<Uuid>()
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// Ends them, and plans their reminders again for the next digest. The delivery would do so too, but
/// later than today's digests are made, and not at all while their lane is paused. Returns how many
/// there were.
pub(super) async fn expire(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let backend = txn.get_database_backend();
    let ids: Vec<Uuid> = message::Entity::find()
        .select_only()
        .column(message::Column::Id)
        .filter(passed(backend, now))
        .order_by_asc(message::Column::Id)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple()
        .all(txn)
        .await?;
    for ids in ids.chunks(BATCH) {
        // Whoever held one writes nothing more.
        let ended = message::Entity::update_many()
            .col_expr(message::Column::State, Expr::val(text(MessageState::Expired)))
            .col_expr(message::Column::LeaseOwner, Expr::val(None::<String>))
            .col_expr(message::Column::LeasedUntil, Expr::val(None::<DateTime<Utc>>))
            .col_expr(message::Column::LeaseEpoch, Expr::col(message::Column::LeaseEpoch).add(1))
            .col_expr(message::Column::ChangedAt, Expr::val(now))
            .filter(message::Column::Id.is_in(ids.iter().copied()))
            .exec_with_returning(txn)
            .await?;
        let steps = ended.iter().map(|row| outbox::Step {
            lease: Lease { id: row.id, epoch: row.lease_epoch },
            state: MessageState::Expired,
            detail: "Its day passed; what it was to say waits for the next digest.".to_owned(),
        });
        outbox::note_all(txn, now, steps.collect()).await?;
        reminder::Entity::update_many()
            .col_expr(reminder::Column::State, Expr::val(text(ReminderState::Planned)))
            .col_expr(reminder::Column::MessageId, Expr::val(None::<Uuid>))
            .col_expr(reminder::Column::ChangedAt, Expr::val(now))
            .filter(reminder::Column::MessageId.is_in(ids.iter().copied()))
            .filter(reminder::Column::State.eq(text(ReminderState::Bundled)))
            .exec(txn)
            .await?;
    }
    Ok(ids.len())
}
