//! Row identifiers.

use chrono::{DateTime, Utc};
use uuid::{NoContext, Timestamp, Uuid};

/// Makes a UUIDv7 whose time part is `now`, so that ids sort by the application's clock, the
/// demo's own clock included. The remaining bits are random.
#[must_use]
pub fn new_id(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(
        NoContext,
        seconds,
        now.timestamp_subsec_nanos(),
    ))
}
