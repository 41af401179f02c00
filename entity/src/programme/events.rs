//! Recording events.

use chrono::{DateTime, Utc};
use rules::programme::EventKind;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::event;
use crate::events::places::{CANCELLED, release, tell_of_change};
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError};
use crate::write::{Written, put};

/// An event as it should be.
#[derive(Clone, Debug)]
pub struct EventWish {
    /// The programme.
    pub programme_id: Uuid,
    /// The cohort it is for; all when absent.
    pub cohort_id: Option<Uuid>,
    /// The hub that hosts it; the whole programme's when absent.
    pub hub_id: Option<Uuid>,
    /// Key within the programme.
    pub key: String,
    /// What it is.
    pub kind: EventKind,
    /// Title.
    pub title: String,
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
    /// When schools can first see it.
    pub published_at: Option<DateTime<Utc>>,
    /// Whether it is cancelled.
    pub cancelled: bool,
}

/// Records an event by its key. Deriving what follows from it is the caller's next step.
///
/// # Errors
/// The key belongs to an event of another hub, or of the programme; or a database fault.
pub async fn put_event(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    wish: EventWish,
) -> Result<(event::Model, Written), StoreError> {
    let old = event::Entity::find()
        .filter(event::Column::ProgrammeId.eq(wish.programme_id))
        .filter(event::Column::Key.eq(&wish.key))
        // Somebody may be booking it: the places given out are written back below.
        .lock_exclusive()
        .one(txn)
        .await?;
    if old.as_ref().is_some_and(|old| old.hub_id != wish.hub_id) {
        return Err(StoreError::refused(
            RefusalCode::Conflict,
            Some("event"),
            format!("The key \"{}\" names another host's event already.", wish.key),
        ));
    }
    // An event cancelled before keeps the moment at which it was.
    let cancelled_at = old.as_ref().and_then(|old| old.cancelled_at);
    let newly_cancelled = wish.cancelled && cancelled_at.is_none();
    let mut wanted = event::Model {
        id: old.as_ref().map_or_else(|| new_id(now), |old| old.id),
        programme_id: wish.programme_id,
        cohort_id: wish.cohort_id,
        hub_id: wish.hub_id,
        key: wish.key,
        kind: <&str>::from(wish.kind).to_owned(),
        title: wish.title,
        starts_at: wish.starts_at,
        ends_at: wish.ends_at,
        published_at: wish.published_at,
        cancelled_at: wish.cancelled.then(|| cancelled_at.unwrap_or(now)),
        version: old.as_ref().map_or(1, |old| old.version),
        // What was said of it by hand since stays.
        summary: old.as_ref().and_then(|old| old.summary.clone()),
        place: old.as_ref().and_then(|old| old.place.clone()),
        joining_details: old.as_ref().and_then(|old| old.joining_details.clone()),
        module: old.as_ref().and_then(|old| old.module.clone()),
        capacity: old.as_ref().and_then(|old| old.capacity),
        recording_url: old.as_ref().and_then(|old| old.recording_url.clone()),
        cancellation_reason: old.as_ref().and_then(|old| old.cancellation_reason.clone()),
        changed_at: old.as_ref().and_then(|old| old.changed_at),
        places_booked: old.as_ref().map_or(0, |old| old.places_booked),
    };
    if old.as_ref().is_some_and(|old| *old != wanted) {
        wanted.version += 1;
    }
    let written = put(txn, old.as_ref(), wanted.clone()).await?;
    if newly_cancelled && old.is_some() {
        release(txn, now, &wanted, CANCELLED).await?;
        wanted.places_booked = 0;
    }
    if let Some(old) = &old {
        tell_of_change(txn, now, old, &wanted).await?;
    }
    Ok((wanted, written))
}
