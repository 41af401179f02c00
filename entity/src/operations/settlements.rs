//! Settling a message of which nobody knows whether it arrived: a person says that it did, or lets it be.

use chrono::{DateTime, Utc};
use rules::lanes::Settlement;
use rules::messages::MessageState;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::message_replay;
use crate::enrolments::{check_text, refused};
use crate::messages::message;
use crate::messages::outbox::{self, Lease};
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// Settles a held message, and the reminders in it, as somebody says; its story says why. Nothing is sent.
///
/// # Errors
/// No such message in scope, a caller who is no programme admin, a message that is not held or was sent
/// anew, no reason, or a database fault.
pub async fn settle(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    message_id: Uuid,
    settlement: Settlement,
    why: &str,
) -> Result<message::Model, StoreError> {
    let found = message::Entity::find_by_id(message_id).filter(scope.messages());
    let Some(row) = found.lock_exclusive().one(txn).await? else {
        return refused(RefusalCode::NotFound, "messageId", "There is no such message.");
    };
    if !scope.may_operate() {
        let message = "Only programme admins can settle a message.";
        return refused(RefusalCode::Forbidden, "messageId", message);
    }
    check_text("why", why, true)?;
    if outbox::state(&row)? != MessageState::Held {
        let message = "Only a message that is held can be settled.";
        return refused(RefusalCode::Conflict, "messageId", message);
    }
    let sent_anew = message_replay::Entity::find()
        .filter(message_replay::Column::MessageId.eq(row.id))
        .one(txn)
        .await?;
    if sent_anew.is_some() {
        let message = "It was sent anew already: see the message in its place.";
        return refused(RefusalCode::Conflict, "messageId", message);
    }
    let lease = Lease { id: row.id, epoch: row.lease_epoch };
    let detail = match settlement {
        Settlement::Arrived => format!("Somebody says that it arrived: {}", why.trim()),
        Settlement::LetBe => format!("It may have arrived, and is let be: {}", why.trim()),
    };
    let set = <message::ActiveModel as Default>::default();
    outbox::advance(txn, now, lease, settlement.state(), &detail, set).await?;
    let reason = (settlement == Settlement::LetBe).then_some(detail.as_str());
    outbox::settle_reminders(txn, now, row.id, settlement.reminders(), reason).await?;
    let settled = message::Entity::find_by_id(row.id).one(txn).await?;
    Ok(settled.unwrap_or(row))
}
