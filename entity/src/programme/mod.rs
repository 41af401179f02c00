//! Programmes as data: pathways, commitments, cohorts, terms, events and calendars.

pub mod bank_holiday;
pub mod bank_holidays;
pub mod calendar_span;
pub mod calendars;
pub mod cohort;
pub mod commitment_template;
pub mod event;
pub mod events;
pub mod loader;
pub mod pathway;
#[expect(clippy::module_inception, reason = "the area and its main table share the word")]
pub mod programme;
pub mod programme_term;
pub mod school_calendar;

use rules::programme::Policy;
use sea_orm::{ConnectionTrait, EntityTrait as _};
use uuid::Uuid;

use crate::outcome::{RefusalCode, StoreError};

/// The policy of a programme: when it reminds, escalates and flags.
///
/// # Errors
/// No such programme, a policy this version cannot read, or a database fault.
pub async fn policy(db: &impl ConnectionTrait, programme_id: Uuid) -> Result<Policy, StoreError> {
    let programme = programme::Entity::find_by_id(programme_id).one(db).await?;
    let programme = programme.ok_or_else(|| {
        StoreError::refused(RefusalCode::NotFound, None, "There is no such programme.")
    })?;
    serde_json::from_value(programme.policy).map_err(|error| StoreError::Unreadable {
        table: "programme",
        id: programme_id,
        problem: error.to_string(),
    })
}
