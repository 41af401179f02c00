//! The whole story of a message: what it is, each step, what it carried, what came back, and whether
//! its address takes mail.

use chrono::{DateTime, Utc};
use rules::messages::MessageKind;
use rules::messages::suppression::SuppressionReason;
use rules::standstill::{Stage, Standstill, on_the_way};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::{mail_feedback, message, message_event, reminder, suppressions};
use crate::operations::pauses;
use crate::outcome::{StoreError, word};
use crate::people::person;

/// All that is known of a message.
#[derive(Clone, Debug)]
pub struct Story {
    /// The row.
    pub message: message::Model,
    /// What happened, in order.
    pub events: Vec<message_event::Model>,
    /// The reminders it carries or carried.
    pub reminders: Vec<reminder::Model>,
    /// What mail systems reported, by when it happened.
    pub feedback: Vec<mail_feedback::Model>,
    /// Why its reader's address takes no mail at present, if it takes none.
    pub suppressed: Option<SuppressionReason>,
    /// What stands still and keeps it from going, while it still may go.
    pub waits_for: Vec<Standstill>,
}

/// Reads the story of a message as of `now`; none when there is none of that id.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn of_message(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    id: Uuid,
) -> Result<Option<Story>, StoreError> {
    let Some(message) = message::Entity::find_by_id(id).one(db).await? else {
        return Ok(None);
    };
    let events = message_event::Entity::find()
        .filter(message_event::Column::MessageId.eq(id))
        .order_by_asc(message_event::Column::HappenedAt)
        .order_by_asc(message_event::Column::Id)
        .all(db)
        .await?;
    let reminders = reminder::Entity::find()
        .filter(reminder::Column::MessageId.eq(id))
        .order_by_asc(reminder::Column::Id)
        .all(db)
        .await?;
    let feedback = mail_feedback::Entity::find()
        .filter(mail_feedback::Column::MessageId.eq(id))
        .order_by_asc(mail_feedback::Column::HappenedAt)
        .order_by_asc(mail_feedback::Column::Id)
        .all(db)
        .await?;
    let reader = person::Entity::find_by_id(message.person_id).one(db).await?;
    let suppressed = match &reader {
        Some(reader) => {
            let found = suppressions::of_addresses(db, [reader.email.as_str()]).await?;
            found.into_values().next()
        }
        None => None,
    };
    let mut waits_for = Vec::new();
    if waits_until(&message).is_some() {
        let kind: MessageKind = word("message", message.id, &message.kind)?;
        let standstills = pauses::standstills(db, now).await?;
        waits_for.extend(on_the_way(&standstills, kind, Stage::Written).into_iter().cloned());
    }
    Ok(Some(Story { message, events, reminders, feedback, suppressed, waits_for }))
}

/// When the message may go, if it still may: not before this moment.
#[must_use]
pub fn waits_until(message: &message::Model) -> Option<DateTime<Utc>> {
    matches!(message.state.as_str(), "pending" | "deferred" | "uncertain")
        .then_some(message.send_after)
}
