//! Raises and clears alerts as time alone changes what the rules see.

use chrono::{DateTime, Utc};
use entity::engagement::assess_programme;
use entity::outcome::StoreError;
use sea_orm::DatabaseTransaction;

use super::programmes;
use crate::pass::Done;

pub(super) async fn run(txn: &DatabaseTransaction, now: DateTime<Utc>) -> Result<Done, StoreError> {
    let (mut raised, mut updated, mut resolved) = (0, 0, 0);
    for programme in programmes(txn).await? {
        let assessed = assess_programme(txn, now, programme).await?;
        raised += assessed.raised;
        updated += assessed.updated;
        resolved += assessed.resolved;
    }
    Ok(Done::counts(&[
        (raised, "alert raised", "alerts raised"),
        (updated, "alert with new evidence", "alerts with new evidence"),
        (resolved, "alert cleared", "alerts cleared"),
    ]))
}
