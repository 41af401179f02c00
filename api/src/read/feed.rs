//! Feeds: the fields of `Subscription`, each the changes of one mapped type. As with the map, a few
//! lines of data in an area are all that one takes.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Utc};
use entity::scope::Scope;
use sea_orm::sea_query::SimpleExpr;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::map::Filter;

/// Most marks a cursor holds. Behind a longer burst a client that comes back may be told a change
/// twice; it is never left out.
const MARKS_IN_CURSOR: usize = 128;
/// Bytes of a mark.
const MARK: usize = 6;

/// A field of `Subscription`: rows of a mapped type as they change.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Name in the schema: `alertChanged`.
    pub name: &'static str,
    /// Description in the schema.
    pub about: &'static str,
    /// Name of the type of its events: `AlertChange`.
    pub change: &'static str,
    /// The field of an event that holds the row: `alert`.
    pub node: &'static str,
    /// The row's type in the map.
    pub of: &'static str,
    /// Column of the moment of its last change; there is an index over it and the id.
    pub changed_at: &'static str,
    /// Whether that moment may lie ahead; the change is told when it has come.
    pub ahead: bool,
    /// Column that tells two changes at one moment apart.
    pub mark: &'static str,
    /// Filters of the type that are offered as arguments: those by what never changes of a row, or
    /// whose departures are told, since a row that ceases to match would change unheard.
    pub by: &'static [&'static str],
    /// How rows leave what a viewer sees, if their departure is told.
    pub gone: Option<Gone>,
}

/// How rows leave what somebody sees or has asked for: they are told that it is so, by an event
/// without a row.
#[derive(Clone, Debug)]
pub struct Gone {
    /// Rows whose last change took them from the viewer.
    pub scope: fn(&Scope) -> SimpleExpr,
    /// The filter that such a row matched before, under its name, and matches no more.
    pub by: Filter,
}

/// A row's place among the changes.
pub type At = (DateTime<Utc>, Uuid);

/// One change of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its place.
    pub at: At,
    /// What tells it from all others.
    pub mark: u64,
}

impl Change {
    /// The change of a row at a moment, told from others at that moment by `mark`.
    #[must_use]
    pub fn new(moment: DateTime<Utc>, id: Uuid, mark: &str) -> Self {
        let digest = Sha256::new()
            .chain_update(moment.timestamp_micros().to_be_bytes())
            .chain_update(id.as_bytes())
            .chain_update(mark)
            .finalize();
        let mark = digest.iter().take(MARK).fold(0, |mark, byte| mark << 8 | u64::from(*byte));
        Self { at: (moment, id), mark }
    }
}

/// How far a subscriber has read: everything up to `floor`, and of what lies after it the changes
/// with these marks. The floor stays behind the present, so that a change of an earlier moment that
/// is committed late is still after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// All changes up to here were told.
    pub floor: At,
    /// Those after it that were.
    pub seen: HashSet<u64>,
}

impl Place {
    /// Before every change that is later than `moment`.
    #[must_use]
    pub fn after(moment: DateTime<Utc>) -> Self {
        Self { floor: (moment, Uuid::max()), seen: HashSet::new() }
    }

    /// The changes of a look that were not told yet, in order.
    #[must_use]
    pub fn untold(&self, found: &[Change]) -> Vec<Change> {
        found.iter().filter(|change| !self.seen.contains(&change.mark)).copied().collect()
    }

    /// The place once `told`, which is among the `found`, was told, and all that was found before
    /// it; the floor rises at most to `horizon`.
    #[must_use]
    pub fn having_told(&self, told: Change, found: &[Change], horizon: At) -> Self {
        let floor = self.floor.max(told.at.min(horizon));
        let mut seen = self.seen.clone();
        for change in found.iter().take_while(|change| change.at <= told.at) {
            if change.at <= floor {
                seen.remove(&change.mark);
            } else {
                seen.insert(change.mark);
            }
        }
        Self { floor, seen }
    }

    /// The place once everything `found` was told, and there was nothing else to find.
    #[must_use]
    pub fn having_told_all(&self, found: &[Change], horizon: At) -> Self {
        let floor = self.floor.max(horizon);
        let later = found.iter().filter(|change| change.at > floor);
        Self { floor, seen: later.map(|change| change.mark).collect() }
    }

    /// The place as a client holds it, good for the named feed.
    #[must_use]
    pub fn cursor(&self, feed: &str) -> String {
        let (moment, id) = self.floor;
        let mut bytes = format!("{feed}:").into_bytes();
        bytes.extend_from_slice(&moment.timestamp_micros().to_be_bytes());
        bytes.extend_from_slice(id.as_bytes());
        for mark in self.seen.iter().take(MARKS_IN_CURSOR) {
            bytes.extend(mark.to_be_bytes().iter().skip(8 - MARK));
        }
        BASE64.encode(bytes)
    }

    /// The place a cursor of the named feed stands for, or none if it is no such cursor. A floor
    /// later than `now` would never be passed, so it is taken as `now`.
    #[must_use]
    pub fn from_cursor(feed: &str, cursor: &str, now: DateTime<Utc>) -> Option<Self> {
        let bytes = BASE64.decode(cursor).ok()?;
        let bytes = bytes.strip_prefix(feed.as_bytes())?.strip_prefix(b":")?;
        let (moment, rest) = bytes.split_first_chunk::<8>()?;
        let (id, marks) = rest.split_first_chunk::<16>()?;
        if marks.len() % MARK != 0 || marks.len() > MARKS_IN_CURSOR * MARK {
            return None;
        }
        let moment = DateTime::from_timestamp_micros(i64::from_be_bytes(*moment))?;
        let seen = marks
            .chunks(MARK)
            .map(|mark| mark.iter().fold(0, |mark, byte| mark << 8 | u64::from(*byte)));
        Some(Self { floor: (moment.min(now), Uuid::from_bytes(*id)), seen: seen.collect() })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    fn change(second: i64, row: u128, mark: &str) -> Change {
        Change::new(at(second), Uuid::from_u128(row), mark)
    }

    fn horizon(second: i64) -> At {
        (at(second), Uuid::max())
    }

    #[test]
    fn a_change_is_told_once_and_its_successor_again() {
        let place = Place::after(at(0));
        let first = change(5, 1, "1");
        assert_eq!(place.untold(&[first]), [first]);
        let place = place.having_told_all(&[first], horizon(0));
        assert_eq!(place.untold(&[first]), []);
        let second = change(5, 1, "2");
        assert_eq!(place.untold(&[second]), [second], "at the same moment, with another mark");
    }

    #[test]
    fn a_change_committed_late_is_told_although_later_ones_were() {
        let place = Place::after(at(0));
        let later = change(9, 1, "1");
        let place = place.having_told_all(&[later], horizon(4));
        let late = change(5, 2, "1");
        assert!(late.at > place.floor);
        assert_eq!(place.untold(&[late, later]), [late]);
    }

    #[test]
    fn marks_go_once_the_floor_has_passed_their_changes() {
        let changes = [change(5, 1, "1"), change(6, 2, "1"), change(9, 3, "1")];
        let place = Place::after(at(0)).having_told_all(&changes, horizon(6));
        assert_eq!(place.seen.len(), 1);
        assert_eq!(place.floor, horizon(6));
        let place = place.having_told_all(&changes[2..], horizon(20));
        assert!(place.seen.is_empty());
    }

    #[test]
    fn half_way_through_a_look_the_rest_is_still_untold() {
        let changes = [change(5, 1, "1"), change(6, 2, "1"), change(9, 3, "1"), change(9, 4, "1")];
        for horizon in [horizon(0), horizon(5), horizon(6), horizon(100)] {
            let mut place = Place::after(at(0));
            for (number, told) in changes.iter().enumerate() {
                place = place.having_told(*told, &changes, horizon);
                let left: Vec<Change> =
                    changes.iter().filter(|change| change.at > place.floor).copied().collect();
                assert_eq!(place.untold(&left), changes[number + 1..], "{horizon:?}");
            }
        }
    }

    #[test]
    fn a_cursor_comes_back_as_the_place_it_was_made_of() {
        let changes = [change(5, 1, "1"), change(6, 2, "1")];
        let place = Place::after(at(0)).having_told_all(&changes, horizon(5));
        let cursor = place.cursor("alertChanged");
        assert_eq!(Place::from_cursor("alertChanged", &cursor, at(99)), Some(place.clone()));
        assert_eq!(Place::from_cursor("visitChanged", &cursor, at(99)), None);
        assert_eq!(Place::from_cursor("alertChanged", "nonsense", at(99)), None);
        assert_eq!(Place::from_cursor("alertChanged", &cursor[..cursor.len() - 3], at(99)), None);
        let early = Place::from_cursor("alertChanged", &cursor, at(3));
        assert_eq!(early.map(|place| place.floor.0), Some(at(3)), "none lies in the future");
    }

    #[test]
    fn a_cursor_stays_short_however_much_was_told() {
        let changes: Vec<Change> = (0..1_000).map(|row| change(5, row, "1")).collect();
        let place = Place::after(at(0)).having_told_all(&changes, horizon(0));
        let cursor = place.cursor("alertChanged");
        assert!(cursor.len() < 1_200, "{}", cursor.len());
        assert!(Place::from_cursor("alertChanged", &cursor, at(99)).is_some());
    }
}
