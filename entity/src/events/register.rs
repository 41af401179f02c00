//! The register of an event as an import reads it: line by line, and settled at its end.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use rules::events::AttendanceMode;
use sea_orm::{DatabaseTransaction, EntityTrait as _, QuerySelect as _};
use uuid::Uuid;

use super::attendance::{slot_of, write};
use super::presence::{Presence, Wanted, Watching};
use super::seen;
use crate::enrolments::enrolment;
use crate::outcome::StoreError;
use crate::programme::event;
use crate::write::Written;

/// Makes the register say this of a partner, whatever it said before, for an import that goes
/// through many and settles them at its end. The caller holds enrolment and event locked; a part
/// that is not told keeps what was known.
///
/// # Errors
/// A refusal naming the field that cannot be, or a database fault.
pub async fn put_entry(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    event: &event::Model,
    enrolment: &enrolment::Model,
    entry: &Entry,
) -> Result<Written, StoreError> {
    let mode = match (entry.watched_on, entry.attended) {
        (Some(_), _) => AttendanceMode::WatchedRecording,
        (None, true) => AttendanceMode::Attended,
        (None, false) => AttendanceMode::Absent,
    };
    let known = slot_of(txn, event, enrolment, mode).await?.filter(|old| {
        // How many were there says nothing about a register that said nobody was.
        old.mode == <&str>::from(mode)
    });
    let somebody = i32::from(mode != AttendanceMode::Absent);
    let people = entry.people.or(known.as_ref().map(|old| old.people)).unwrap_or(somebody);
    let senior_leader =
        entry.senior_leader.or(known.as_ref().map(|old| old.senior_leader)).unwrap_or(false);
    let note = known.and_then(|old| old.note);
    let wanted = match entry.watched_on {
        Some(watched_on) => Wanted::watching(Watching { watched_on, people, senior_leader, note })?,
        None => Wanted::presence(
            event,
            Presence { attended: entry.attended, people, senior_leader, note },
        )?,
    };
    Ok(write(txn, None, now, event, enrolment, wanted).await?.1)
}

/// What one line of a register says of a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// London day on which the recording was watched, for a line about that.
    pub watched_on: Option<NaiveDate>,
    /// Else: whether anybody was there.
    pub attended: bool,
    /// How many, if it says so.
    pub people: Option<i32>,
    /// Whether a senior leader was among them, if it says so.
    pub senior_leader: Option<bool>,
}

/// Locks what entries are about, in the order everybody locks in, and reads it.
///
/// # Errors
/// A database fault.
pub async fn lock_for_register(
    txn: &DatabaseTransaction,
    enrolments: &BTreeSet<Uuid>,
    events: &BTreeSet<Uuid>,
) -> Result<(), StoreError> {
    seen::lock_enrolments(txn, enrolments).await?;
    for id in events {
        event::Entity::find_by_id(*id).lock_exclusive().one(txn).await?;
    }
    Ok(())
}
