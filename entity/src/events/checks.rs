//! What an event can be: its texts, times, places and key.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use rules::calendar::local;
use rules::events::{self, TrainingModule};
use rules::programme::EventKind;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use crate::enrolments::{check_text, refused};
use crate::hubs::hub;
use crate::outcome::{Faults, RefusalCode, StoreError};
use crate::programme::event;

/// Longest title, in characters.
const LONGEST_TITLE: usize = 200;
/// Most places an event can have.
const MOST_CAPACITY: i32 = 100_000;
/// Longest event.
const LONGEST: TimeDelta = TimeDelta::days(14);
/// Furthest ahead or back that an event can be, from now: times further off are slips of the pen.
const FURTHEST: TimeDelta = TimeDelta::days(3 * 366);

/// A text without the blanks around it, or none if nothing is left.
pub(super) fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Refuses a training module of no kind, and a kind of anything else.
pub(super) fn check_module(
    kind: EventKind,
    module: Option<TrainingModule>,
) -> Result<(), StoreError> {
    match (kind == EventKind::TrainingModule, module.is_some()) {
        (true, false) => {
            refused(RefusalCode::Invalid, "module", "Say what kind of training module it is.")
        }
        (false, true) => refused(RefusalCode::Invalid, "module", "This is no training module."),
        _ => Ok(()),
    }
}

/// Refuses an event that cannot be, whoever wants it, naming all that is wrong with it.
pub(super) fn check(row: &event::Model, now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut faults = Faults::default();
    if row.title.is_empty() || row.title.chars().count() > LONGEST_TITLE {
        let message = format!("Give a title of at most {LONGEST_TITLE} characters.");
        faults.note(invalid("title", &message))?;
    }
    for (field, text) in [
        ("title", Some(&row.title)),
        ("summary", row.summary.as_ref()),
        ("place", row.place.as_ref()),
        ("joiningDetails", row.joining_details.as_ref()),
        ("recordingUrl", row.recording_url.as_ref()),
    ] {
        faults.note(check_text(field, text.map_or("", String::as_str), false))?;
    }
    if row.starts_at >= row.ends_at {
        faults.note(invalid("endsAt", "It ends before it starts."))?;
    }
    if row.ends_at - row.starts_at > LONGEST {
        faults.note(invalid("endsAt", "An event takes at most 14 days."))?;
    }
    if (row.starts_at - now).abs() > FURTHEST {
        faults.note(invalid("startsAt", "This is more than three years from now."))?;
    }
    if row.capacity.is_some_and(|places| !(1..=MOST_CAPACITY).contains(&places)) {
        let message = format!("Give 1 to {MOST_CAPACITY} places, or none for no limit.");
        faults.note(invalid("capacity", &message))?;
    }
    let link = row.recording_url.as_deref().unwrap_or("https://example.org");
    if !link.starts_with("https://") || link.contains(char::is_whitespace) {
        faults.note(invalid("recordingUrl", "Give a link that begins with https://."))?;
    }
    faults.end()
}

fn invalid(field: &'static str, message: &str) -> Result<(), StoreError> {
    refused(RefusalCode::Invalid, field, message)
}

async fn taken(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
) -> Result<HashSet<String>, StoreError> {
    let keys: Vec<String> = event::Entity::find()
        .select_only()
        .column(event::Column::Key)
        .filter(event::Column::ProgrammeId.eq(programme_id))
        .into_tuple()
        .all(txn)
        .await?;
    Ok(keys.into_iter().collect())
}

/// A key somebody chose, if it is one and free.
pub(super) async fn free_key(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
    key: String,
) -> Result<String, StoreError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if key.is_empty() || key.len() > 100 || !key.chars().all(plain) {
        let message = "A key is made of lower-case letters, digits and hyphens.";
        return refused(RefusalCode::Invalid, "key", message);
    }
    if taken(txn, programme_id).await?.contains(&key) {
        let message = "Another event of the programme has this key.";
        return refused(RefusalCode::Conflict, "key", message);
    }
    Ok(key)
}

/// A key for an event for which nobody chose one.
pub(super) async fn made_up_key(
    txn: &DatabaseTransaction,
    host: Option<&hub::Model>,
    kind: EventKind,
    row: &event::Model,
) -> Result<String, StoreError> {
    let host = host.map_or("programme", |hub| hub.key.as_str());
    let kind = <&str>::from(kind).replace('_', "-");
    let stem = format!("{host}-{kind}-{}", local(row.starts_at).date());
    let taken = taken(txn, row.programme_id).await?;
    Ok(events::new_key(&stem, |key| taken.contains(key)))
}
