//! Forgetting what mails said and where they came back from, once nobody needs it any more. The story
//! of a message stays: what it was, when, how it ended, and the hash of its text.

use chrono::{DateTime, TimeDelta, Utc};
use rules::messages::MessageState;
use rules::messages::feedback::SOFT_REMEMBERED;
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Select,
};
use strum::VariantArray as _;
use uuid::Uuid;

use super::outbox::{Lease, Step, note_all};
use super::{mail_feedback, message};
use crate::outcome::{StoreError, word};

/// A text to be deleted: its message, where that ended, under which lease, and the hash.
type Kept = (Uuid, String, i64, Option<String>);

/// Up to `most` messages that still have their text though they met their end before this moment, and
/// nothing has been heard of them since: id, state, epoch and hash of each. Held, but for those that
/// somebody is taking in a report about.
#[must_use]
pub fn kept(before: DateTime<Utc>, most: u64) -> Select<message::Entity> {
    // Said by the states that are no ends, for which no index is of use: there is one over the texts.
    let others = MessageState::VARIANTS.iter().filter(|state| !state.is_an_end());
    message::Entity::find()
        .select_only()
        .columns([
            message::Column::Id,
            message::Column::State,
            message::Column::LeaseEpoch,
            message::Column::BodyHash,
        ])
        .filter(message::Column::Body.is_not_null())
        .filter(message::Column::CreatedAt.lte(before))
        .filter(message::Column::ChangedAt.lte(before))
        .filter(message::Column::State.is_not_in(others.map(<&str>::from)))
        .order_by_asc(message::Column::CreatedAt)
        .limit(most)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
}

/// Deletes the texts of up to `most` messages of which nothing has been heard for `days`, the oldest
/// first, and says so in their stories. Those that have not met their end keep theirs. Returns how
/// many there were.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn texts(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    days: u32,
    most: u64,
) -> Result<usize, StoreError> {
    let kept = kept(now - TimeDelta::days(days.into()), most);
    let kept: Vec<Kept> = kept.into_tuple().all(txn).await?;
    let steps: Vec<Step> = kept.iter().map(|kept| told(kept, days)).collect::<Result<_, _>>()?;
    if steps.is_empty() {
        return Ok(0);
    }
    let count = steps.len();
    // That is no change of the message: nobody looks at it again for that.
    message::Entity::update_many()
        .col_expr(message::Column::Body, Expr::val(None::<Vec<u8>>))
        .filter(message::Column::Id.is_in(kept.iter().map(|(id, ..)| *id)))
        .exec(txn)
        .await?;
    note_all(txn, now, steps).await?;
    Ok(count)
}

fn told((id, state, epoch, hash): &Kept, days: u32) -> Result<Step, StoreError> {
    let mut detail = format!("Its text was deleted after {days} days.");
    if let Some(hash) = hash {
        detail = format!("{detail} Its SHA-256 was {hash}.");
    }
    let lease = Lease { id: *id, epoch: *epoch };
    Ok(Step { lease, state: word("message", *id, state)?, detail })
}

/// Deletes the addresses that up to `most` reports about mail name which came more than `days` ago, the
/// oldest first; none as long as it counts on which days mail to an address came back. Returns how
/// many there were.
///
/// # Errors
/// The database fails.
pub async fn addresses(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    days: u32,
    most: u64,
) -> Result<usize, StoreError> {
    let before = now - TimeDelta::days(days.into()).max(SOFT_REMEMBERED);
    let ids: Vec<Uuid> = mail_feedback::Entity::find()
        .select_only()
        .column(mail_feedback::Column::Id)
        .filter(mail_feedback::Column::Address.is_not_null())
        .filter(mail_feedback::Column::ReceivedAt.lte(before))
        .order_by_asc(mail_feedback::Column::ReceivedAt)
        .limit(most)
        .into_tuple()
        .all(txn)
        .await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let count = ids.len();
    mail_feedback::Entity::update_many()
        .col_expr(mail_feedback::Column::Address, Expr::val(None::<String>))
        .filter(mail_feedback::Column::Id.is_in(ids))
        .exec(txn)
        .await?;
    Ok(count)
}
