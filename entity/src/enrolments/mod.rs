//! Enrolments and the dated obligations that follow from them.
//!
//! Every function here that writes takes the caller's transaction and ends by deriving the
//! obligations it may have changed and assessing who they belong to, so that a reader never sees a
//! new fact beside an old consequence.

pub mod enrolment;
pub mod enrolment_academy;
pub mod enrolment_change;
pub mod obligation;

mod deeds;
mod derivation;
pub(crate) mod facts;
mod fit;
mod ledger;
mod membership;
mod partnership;
pub(crate) mod permission;
mod programme_facts;
mod record;
mod reopen;
mod standing;

pub(crate) use facts::{commitment as commitment_facts, term as term_facts};
pub(crate) use partnership::{Partnership, partnership};

pub use derivation::{rederive_enrolment, rederive_hub, rederive_programme};
pub use membership::{Enrol, enrol, enter, transfer, withdraw};
pub use record::{excuse, record_met};
pub use reopen::reopen;
pub use standing::{complete_finished, pause, resume};

use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use crate::engagement::{assess_enrolment, assess_hub, assess_programme};
use crate::outcome::{RefusalCode, StoreError};
use crate::programme::event;

/// Derives and assesses a whole programme anew, after something that many obligations hang on
/// changed, and returns how many obligations changed.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn settle_programme(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
) -> Result<usize, StoreError> {
    let changed = rederive_programme(txn, now, programme_id).await?;
    assess_programme(txn, now, programme_id).await?;
    Ok(changed)
}

/// Derives, settles and assesses one enrolment, and the duties its hub has in its cohort, after
/// something about it was recorded. Every area calls it at the end of what it writes.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn settle_enrolment(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    enrolment_id: Uuid,
) -> Result<(), StoreError> {
    let Some(row) = enrolment::Entity::find_by_id(enrolment_id).one(txn).await? else {
        return Ok(());
    };
    rederive_enrolment(txn, now, row.id).await?;
    assess_enrolment(txn, now, row.id).await?;
    rederive_hub(txn, now, row.hub_id, row.cohort_id).await?;
    assess_hub(txn, now, row.hub_id).await
}

/// Derives, settles and assesses everybody an event is for, after it was published, moved,
/// cancelled or took place.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn settle_event(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    event: &event::Model,
) -> Result<(), StoreError> {
    let Some(hub_id) = event.hub_id else {
        return settle_programme(txn, now, event.programme_id).await.map(|_| ());
    };
    let rows = enrolment::Entity::find()
        .filter(enrolment::Column::HubId.eq(hub_id))
        .order_by_asc(enrolment::Column::Id)
        .all(txn)
        .await?;
    let mut cohorts = BTreeSet::new();
    for row in rows {
        rederive_enrolment(txn, now, row.id).await?;
        assess_enrolment(txn, now, row.id).await?;
        cohorts.insert(row.cohort_id);
    }
    for cohort in cohorts {
        rederive_hub(txn, now, hub_id, cohort).await?;
    }
    assess_hub(txn, now, hub_id).await
}

/// Longest note, reason or evidence, in characters.
const LONGEST_NOTE: usize = 2_000;

/// Refuses a text that is empty where one is needed, or too long to be kept.
pub(crate) fn check_text(field: &'static str, text: &str, needed: bool) -> Result<(), StoreError> {
    if needed && text.trim().is_empty() {
        return Err(StoreError::refused(
            RefusalCode::Invalid,
            Some(field),
            "Say why, in a few words.",
        ));
    }
    if text.contains('\0') {
        let message = "This holds a character that cannot be kept.";
        return Err(StoreError::refused(RefusalCode::Invalid, Some(field), message));
    }
    if text.chars().count() > LONGEST_NOTE {
        let message = format!("This can have at most {LONGEST_NOTE} characters.");
        return Err(StoreError::refused(RefusalCode::Invalid, Some(field), message));
    }
    Ok(())
}

/// Refuses an edit of a row that changed since the caller read it.
pub(crate) fn check_version(version: i32, expected: Option<i32>) -> Result<(), StoreError> {
    if expected.is_none_or(|expected| expected == version) {
        return Ok(());
    }
    Err(StoreError::refused(
        RefusalCode::Stale,
        Some("expectedVersion"),
        format!("This was changed meanwhile and is now version {version}. Read it again first."),
    ))
}

/// A refusal about one field of the input.
pub(crate) fn refused<T>(
    code: RefusalCode,
    field: &'static str,
    message: &str,
) -> Result<T, StoreError> {
    Err(StoreError::refused(code, Some(field), message))
}
