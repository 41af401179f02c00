//! Writes down every reminder that is needed and calls off those that no longer are.

use chrono::{DateTime, Utc};
use entity::messages::facts::Book;
use entity::messages::reminders::{call_off_unwanted, plan_programme};
use entity::outcome::StoreError;
use sea_orm::DatabaseTransaction;

use super::programmes;
use crate::pass::Done;

pub(super) async fn run(txn: &DatabaseTransaction, now: DateTime<Utc>) -> Result<Done, StoreError> {
    let book = Book::load(txn).await?;
    let mut planned = 0;
    for programme in programmes(txn).await? {
        planned += plan_programme(txn, now, &book, programme).await?;
    }
    let called_off = call_off_unwanted(txn, now, &book).await?;
    Ok(Done::counts(&[
        (planned, "reminder planned", "reminders planned"),
        (called_off, "reminder called off", "reminders called off"),
    ]))
}
