//! Queues the summaries of the week for hub leads, on its first working days.

use chrono::{DateTime, Utc};
use entity::messages::facts::Book;
use entity::messages::notices::hub_week::queue_due;
use entity::outcome::StoreError;
use sea_orm::DatabaseTransaction;

use crate::pass::Done;

pub(super) async fn run(txn: &DatabaseTransaction, now: DateTime<Utc>) -> Result<Done, StoreError> {
    let book = Book::load(txn).await?;
    let queued = queue_due(txn, now, &book).await?;
    Ok(Done::counts(&[(queued, "summary of the week queued", "summaries of the week queued")]))
}
