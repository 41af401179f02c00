//! Refusals in words that may mean that there is no such address, and when they are believed.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};
use rules::messages::suppression::normalised;
use rules::messages::{MessageState, replies};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::{mail_refusal, message, text};
use crate::id::new_id;
use crate::outcome::StoreError;

/// How long a refusal is remembered.
const REMEMBERED: TimeDelta = TimeDelta::days(60);

/// Whether an address, to which this message was refused just now, takes no mail: whether all mail to it
/// has been refused for most of a day, while mail to others was taken. It is the address that counts: one
/// that was put right has not been refused before.
///
/// # Errors
/// The database fails.
pub async fn refused_for_long(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    message_id: Uuid,
    address: &str,
) -> Result<bool, StoreError> {
    let address = normalised(address);
    let of_address = mail_refusal::Column::Address.eq(&address);
    mail_refusal::Entity::delete_many()
        .filter(of_address.clone())
        .filter(mail_refusal::Column::RefusedAt.lt(now - REMEMBERED))
        .exec(txn)
        .await?;
    let refused: Vec<DateTime<Utc>> = mail_refusal::Entity::find()
        .select_only()
        .column(mail_refusal::Column::RefusedAt)
        .filter(of_address)
        .into_tuple()
        .all(txn)
        .await?;
    let row = mail_refusal::ActiveModel {
        id: Set(new_id(now)),
        address: Set(address),
        refused_at: Set(now),
    };
    mail_refusal::Entity::insert(row).exec_without_returning(txn).await?;

    let Some(message) = message::Entity::find_by_id(message_id).one(txn).await? else {
        return Ok(false);
    };
    let accepted = message::Entity::find()
        .select_only()
        .column(message::Column::ChangedAt)
        .filter(message::Column::State.eq(text(MessageState::Accepted)))
        .order_by_desc(message::Column::ChangedAt);
    let to_them = accepted.clone().filter(message::Column::PersonId.eq(message.person_id));
    let taken: Option<DateTime<Utc>> = to_them.limit(1).into_tuple().one(txn).await?;
    let taken = taken.into_iter().map(|at| (false, at));
    let mut earlier: Vec<_> = refused.into_iter().map(|at| (true, at)).chain(taken).collect();
    earlier.sort_by_key(|(refused, at)| (Reverse(*at), *refused));
    let Some(since) = replies::refused_for_long(earlier, now) else { return Ok(false) };
    let to_others = accepted
        .filter(message::Column::PersonId.ne(message.person_id))
        .filter(message::Column::ChangedAt.gte(since));
    Ok(to_others.limit(1).into_tuple::<DateTime<Utc>>().one(txn).await?.is_some())
}
