//! Queues the mails about alerts for programme admins, where something happened.

use chrono::{DateTime, Utc};
use entity::messages::facts::Book;
use entity::messages::notices::alerts::queue_due;
use entity::outcome::StoreError;
use sea_orm::DatabaseTransaction;

use crate::pass::Done;

pub(super) async fn run(txn: &DatabaseTransaction, now: DateTime<Utc>) -> Result<Done, StoreError> {
    let book = Book::load(txn).await?;
    let queued = queue_due(txn, now, &book).await?;
    Ok(Done::counts(&[(queued, "mail about alerts queued", "mails about alerts queued")]))
}
