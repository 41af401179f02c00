//! Row identifiers.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Utc};
use uuid::{NoContext, Timestamp, Uuid};

/// Makes a UUIDv7 whose time part is `now`, so that ids sort by the application's clock, the
/// demo's own clock included. Ids that one process makes at one `now` sort in the order in which
/// they were made (a counter of 26 bits); the last 48 bits are random.
#[must_use]
pub fn new_id(now: DateTime<Utc>) -> Uuid {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    let time = Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos());
    let mut bytes = Uuid::new_v7(time).into_bytes();
    let count = MADE.fetch_add(1, Ordering::Relaxed);
    // Twelve bits beside the version, fourteen beside the variant.
    let count = (((count & 0x03ff_c000) << 2) | (count & 0x3fff)).to_be_bytes();
    bytes[6..10].copy_from_slice(&count);
    bytes[6] |= 0x70;
    bytes[8] |= 0x80;
    Uuid::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_moment_sort_in_the_order_in_which_they_were_made() {
        let ids: Vec<Uuid> = (0..20_000).map(|_| new_id(DateTime::UNIX_EPOCH)).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
        assert!(ids.iter().all(|id| id.get_variant() == uuid::Variant::RFC4122));
    }

    #[test]
    fn a_later_moment_sorts_later() {
        let later = new_id(DateTime::UNIX_EPOCH + chrono::TimeDelta::milliseconds(1));
        assert!(new_id(DateTime::UNIX_EPOCH) < later);
    }
}
