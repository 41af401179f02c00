//! Deletes the texts of mails, and the addresses in reports about them, that have been kept for
//! `mail.keep_days`. A run does a part that nobody has to wait for; those of one night do all of it.

use chrono::{DateTime, Utc};
use entity::messages::forgetting::{addresses, texts};
use entity::outcome::StoreError;
use sea_orm::DatabaseTransaction;

use crate::pass::Done;

/// Texts, and addresses, in one statement.
const AT_A_TIME: u64 = 500;
/// Statements in a run.
const TIMES: usize = 4;

pub(super) async fn run(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    days: u32,
) -> Result<Done, StoreError> {
    let (mut forgotten, mut left) = (0, 0);
    for _ in 0..TIMES {
        let (text, address) =
            (texts(txn, now, days, AT_A_TIME).await?, addresses(txn, now, days, AT_A_TIME).await?);
        forgotten += text;
        left += address;
        if text + address == 0 {
            break;
        }
    }
    Ok(Done::counts(&[
        (forgotten, "text of a mail deleted", "texts of mails deleted"),
        (left, "address deleted from a report", "addresses deleted from reports"),
    ]))
}
