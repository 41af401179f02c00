//! Writes down every reminder that is needed and calls off those that no longer are.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::messages::facts::Book;
use entity::messages::reminders::{call_off_unwanted, plan_programme};
use entity::outcome::StoreError;
use sea_orm::DatabaseTransaction;

use super::programmes;
use crate::pass::Done;

pub(super) async fn run(txn: &DatabaseTransaction, now: DateTime<Utc>) -> Result<Done, StoreError> {
    let book = Book::load(txn).await?;
    let mut faults: BTreeSet<String> = book.faults().into_iter().collect();
    let mut planned = 0;
    for programme in programmes(txn).await? {
        // One that cannot be read is among the faults, and keeps back no other.
        if book.policy(programme).is_ok() {
            let done = plan_programme(txn, now, &book, programme).await?;
            planned += done.count;
            faults.extend(done.faults);
        }
    }
    let called_off = call_off_unwanted(txn, now, &book).await?;
    faults.extend(called_off.faults);
    for fault in &faults {
        tracing::error!(fault, "reminders are left as they are: a row cannot be read");
    }
    let done = Done::counts(&[
        (planned, "reminder planned", "reminders planned"),
        (called_off.count, "reminder called off", "reminders called off"),
    ]);
    Ok(Done { trouble: faults.pop_first(), ..done })
}
