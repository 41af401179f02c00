//! Sending anew a message that failed: as a new message, looked at once more as any other.

use chrono::{DateTime, Utc};
use rules::calendar::{end_of_day, local};
use rules::lanes::may_be_replayed;
use rules::messages::{MessageKind, MessageState};
use rules::reminders::ReminderState;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::message_replay;
use crate::enrolments::{check_text, refused};
use crate::id::new_id;
use crate::messages::facts::Book;
use crate::messages::outbox::{self, Claimed, Lease, Unread};
use crate::messages::parcels::{self, Content, Parcel};
use crate::messages::{message, message_event, reminder, text};
use crate::outcome::{RefusalCode, StoreError, word};
use crate::scope::Scope;

/// Puts a message into the outbox in place of one that was rejected, held or expired, with a
/// Message-ID of its own, and notes it in the stories of both. What a digest carried goes with it.
///
/// # Errors
/// No such message in scope, a caller who is no programme admin, a message that did not fail, was
/// replayed before, cannot be read, is not wanted any more or goes to an address that takes no such mail,
/// no reason, or a database fault.
pub async fn replay(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    message_id: Uuid,
    why: &str,
) -> Result<message::Model, StoreError> {
    let found = message::Entity::find_by_id(message_id).filter(scope.messages());
    let Some(old) = found.lock_exclusive().one(txn).await? else {
        return refused(RefusalCode::NotFound, "messageId", "There is no such message.");
    };
    if !scope.may_operate() {
        let message = "Only programme admins can send a message anew.";
        return refused(RefusalCode::Forbidden, "messageId", message);
    }
    check_text("why", why, true)?;
    let why = why.trim();
    let state: MessageState = word("message", old.id, &old.state)?;
    if !may_be_replayed(state) {
        let message = "Only a message that was rejected, held or expired can be sent anew.";
        return refused(RefusalCode::Conflict, "messageId", message);
    }
    let before = message_replay::Entity::find()
        .filter(message_replay::Column::MessageId.eq(old.id))
        .one(txn)
        .await?;
    if before.is_some() {
        let message = "It was sent anew already: see the message in its place.";
        return refused(RefusalCode::Conflict, "messageId", message);
    }
    let new = insert(txn, now, &old).await?;
    carry_over(txn, now, &old, state, new.id).await?;
    check_wanted(txn, now, new.clone()).await?;

    let row = message_replay::ActiveModel {
        id: Set(new_id(now)),
        message_id: Set(old.id),
        replay_id: Set(new.id),
        why: Set(why.to_owned()),
        by_person: Set(by),
        replayed_at: Set(now),
    };
    row.insert(txn).await?;
    let lease = Lease { id: old.id, epoch: old.lease_epoch };
    let detail = format!("Sent anew as {}: {why}", new.id);
    outbox::note(txn, lease, state, &detail, now).await?;
    let detail = format!("In place of {}: {why}", old.id);
    let lease = Lease { id: new.id, epoch: 0 };
    outbox::note(txn, lease, MessageState::Pending, &detail, now).await?;
    Ok(new)
}

/// The new message: everything of the old one that says what it is, and nothing of what became of
/// it. One whose time has passed has until the end of the day; whether it still means something is
/// decided by the facts. It is the digest of no day: that of today is made beside it.
async fn insert(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    old: &message::Model,
) -> Result<message::Model, StoreError> {
    let expires_at =
        if now < old.expires_at { old.expires_at } else { end_of_day(local(now).date()) };
    let row = message::Model {
        id: new_id(now),
        dedupe_key: format!("replay:{}", old.id),
        local_day: None,
        subject: None,
        state: text(MessageState::Pending),
        send_after: now,
        expires_at,
        attempts: 0,
        lease_owner: None,
        lease_epoch: 0,
        leased_until: None,
        message_id_header: None,
        body: None,
        body_hash: None,
        created_at: now,
        changed_at: now,
        ..old.clone()
    };
    Ok(row.into_active_model().reset_all().insert(txn).await?)
}

/// Gives the new message the reminders that the old one was still to bring when it failed. Those it
/// had lost before, because they were not wanted any more, stay as they are.
async fn carry_over(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    old: &message::Model,
    state: MessageState,
    new: Uuid,
) -> Result<(), StoreError> {
    let ended = message_event::Entity::find()
        .filter(message_event::Column::MessageId.eq(old.id))
        .filter(message_event::Column::State.eq(text(state)))
        // What is noted of it later, such as that its text was deleted, is noted in the same state.
        .order_by_asc(message_event::Column::HappenedAt)
        .one(txn)
        .await?;
    let ended_with_it = Condition::all()
        .add(reminder::Column::State.eq(text(ReminderState::Cancelled)))
        .add(reminder::Column::Reason.eq(ended.map(|event| event.detail).unwrap_or_default()));
    let still_in_it = reminder::Column::State.eq(text(ReminderState::Bundled));
    reminder::Entity::update_many()
        .col_expr(reminder::Column::State, Expr::val(text(ReminderState::Bundled)))
        .col_expr(reminder::Column::MessageId, Expr::val(new))
        .col_expr(reminder::Column::Reason, Expr::val("Sent anew after the mail failed."))
        .col_expr(reminder::Column::ChangedAt, Expr::val(now))
        .filter(reminder::Column::MessageId.eq(old.id))
        .filter(Condition::any().add(ended_with_it).add(still_in_it))
        .exec(txn)
        .await?;
    Ok(())
}

/// Asks what every delivery asks before it sends.
async fn check_wanted(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    message: message::Model,
) -> Result<(), StoreError> {
    let kind: MessageKind = match word("message", message.id, &message.kind) {
        Ok(kind) => kind,
        Err(fault) => return cannot_be_read(&fault),
    };
    let book = Book::load(txn).await?;
    let claimed = vec![Claimed { message, in_doubt: false }];
    let why = match parcels::open(txn, now, &book, claimed).await?.pop() {
        Some(Ok(Parcel { suppressed: Some(reason), .. })) => {
            let message =
                format!("No mail goes to this address ({}): release it first.", reason.in_words());
            return refused(RefusalCode::Conflict, "messageId", &message);
        }
        Some(Ok(parcel)) => match parcel.content {
            Content::Unwanted(why) => why,
            Content::Digest(reminders) if reminders.items.is_empty() => {
                "Nothing in it is wanted any more.".to_owned()
            }
            _ => return Ok(()),
        },
        Some(Err(Unread { fault, .. })) => return cannot_be_read(&fault),
        None => format!("No {} can be made of it.", <&str>::from(kind).replace('_', " ")),
    };
    refused(RefusalCode::Conflict, "messageId", &format!("It is not wanted any more: {why}"))
}

/// It was held because it cannot be read, and still cannot.
fn cannot_be_read(fault: &StoreError) -> Result<(), StoreError> {
    let message = format!("It cannot be read: {fault}. Mend that first.");
    refused(RefusalCode::Conflict, "messageId", &message)
}
