//! Raises and clears alerts as time alone changes what the rules see, and ends snoozes on their day.

use chrono::{DateTime, Utc};
use entity::engagement::assess_programme;
use entity::outcome::StoreError;
use sea_orm::DatabaseTransaction;

use super::programmes;
use crate::pass::Done;

pub(super) async fn run(txn: &DatabaseTransaction, now: DateTime<Utc>) -> Result<Done, StoreError> {
    let (mut raised, mut updated, mut woken, mut clearing, mut resolved) = (0, 0, 0, 0, 0);
    for programme in programmes(txn).await? {
        let assessed = assess_programme(txn, now, programme).await?;
        raised += assessed.raised + assessed.reopened;
        updated += assessed.updated;
        woken += assessed.woken;
        clearing += assessed.clearing;
        resolved += assessed.resolved;
        for (subject, fault) in assessed.unreadable {
            tracing::error!(%subject, fault, "alerts are left as they are: a row cannot be read");
        }
    }
    Ok(Done::counts(&[
        (raised, "alert raised", "alerts raised"),
        (updated, "alert with new evidence", "alerts with new evidence"),
        (woken, "alert no longer snoozed", "alerts no longer snoozed"),
        (clearing, "alert about to clear", "alerts about to clear"),
        (resolved, "alert cleared", "alerts cleared"),
    ]))
}
