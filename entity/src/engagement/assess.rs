//! From facts in the tables to alerts: asks the rules about one subject or about all of a programme.

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseTransaction, EntityTrait as _};
use uuid::Uuid;

use super::facts::Whose;
use super::ledger::Ledger;
use super::view::View;
use crate::enrolments::enrolment;
use crate::hubs::hub;
use crate::outcome::StoreError;
use crate::programme::policy;

/// What an assessment changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assessed {
    /// Alerts opened and shown; those that waited before being shown count when they are.
    pub raised: usize,
    /// Alerts that are so again.
    pub reopened: usize,
    /// Open alerts whose evidence changed.
    pub updated: usize,
    /// Alerts whose snooze ended.
    pub woken: usize,
    /// Alerts that are no longer so, and end if it stays like that.
    pub clearing: usize,
    /// Alerts that ended.
    pub resolved: usize,
    /// Enrolments and hubs that were left as they are because a row of theirs cannot be read, each
    /// with the row and what is wrong with it.
    pub unreadable: Vec<(Uuid, String)>,
}

/// Assesses one enrolment by every rule.
///
/// # Errors
/// A policy or calendar this version cannot read, or a database fault.
pub async fn assess_enrolment(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    enrolment_id: Uuid,
) -> Result<(), StoreError> {
    let Some(row) = enrolment::Entity::find_by_id(enrolment_id).one(txn).await? else {
        return Ok(());
    };
    assess(txn, now, row.programme_id, Whose::Enrolment(enrolment_id)).await.map(|_| ())
}

/// Assesses one hub by every rule, on its own duties.
///
/// # Errors
/// A policy or calendar this version cannot read, or a database fault.
pub async fn assess_hub(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    hub_id: Uuid,
) -> Result<(), StoreError> {
    let Some(row) = hub::Entity::find_by_id(hub_id).one(txn).await? else {
        return Ok(());
    };
    assess(txn, now, row.programme_id, Whose::Hub(hub_id)).await.map(|_| ())
}

/// Assesses every enrolment and hub of a programme by every rule, in a few statements. One whose rows
/// cannot be read is left as it is, and named in the answer; the others are assessed all the same.
///
/// # Errors
/// A policy or calendar this version cannot read, or a database fault.
pub async fn assess_programme(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
) -> Result<Assessed, StoreError> {
    assess(txn, now, programme_id, Whose::Programme(programme_id)).await
}

async fn assess(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
    whose: Whose,
) -> Result<Assessed, StoreError> {
    let policy = policy(txn, programme_id).await?;
    // The alerts are locked before the facts are read: of two assessments of one subject the second
    // waits for the first, and then sees all that the first did.
    let mut ledger = Ledger::load(txn, now, whose, &policy).await?;
    let view = View::load(txn, now, programme_id, whose).await?;
    for subject in view.subjects() {
        ledger.judge(subject, &policy);
    }
    let mut assessed = ledger.write(txn).await?;
    assessed.unreadable = view.unreadable();
    Ok(assessed)
}
