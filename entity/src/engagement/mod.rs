//! Engagement alerts and what raises them.

pub mod engagement_alert;

use chrono::{DateTime, Utc};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use crate::outcome::StoreError;

/// Assesses one enrolment.
///
/// # Errors
/// The database fails.
pub async fn assess_enrolment(
    _txn: &DatabaseTransaction,
    _now: DateTime<Utc>,
    _enrolment_id: Uuid,
) -> Result<(), StoreError> {
    Ok(())
}

/// Assesses one hub.
///
/// # Errors
/// The database fails.
pub async fn assess_hub(
    _txn: &DatabaseTransaction,
    _now: DateTime<Utc>,
    _hub_id: Uuid,
) -> Result<(), StoreError> {
    Ok(())
}
