//! Recording bank holidays, and deriving anew what they move.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, QuerySelect as _};
use uuid::Uuid;

use super::{bank_holiday, programme};
use crate::enrolments::settle_programme;
use crate::id::new_id;
use crate::outcome::StoreError;

/// Adds the days that are not there yet, removes none, and returns those added.
///
/// # Errors
/// A database fault.
pub async fn add(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    days: &[(NaiveDate, String)],
) -> Result<Vec<(NaiveDate, String)>, StoreError> {
    let mut known: BTreeSet<NaiveDate> = bank_holiday::Entity::find()
        .select_only()
        .column(bank_holiday::Column::FallsOn)
        .into_tuple()
        .all(txn)
        .await?
        .into_iter()
        .collect();
    let mut added = days.to_vec();
    added.retain(|(day, _)| known.insert(*day));
    for (falls_on, title) in &added {
        let row =
            bank_holiday::Model { id: new_id(now), falls_on: *falls_on, title: title.clone() };
        bank_holiday::Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
    }
    Ok(added)
}

/// Derives and assesses every programme anew, after a calendar that all share changed, and returns how many
/// obligations changed.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn settle_all(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let programmes: Vec<Uuid> = programme::Entity::find()
        .select_only()
        .column(programme::Column::Id)
        .into_tuple()
        .all(txn)
        .await?;
    let mut changed = 0;
    for programme_id in programmes {
        changed += settle_programme(txn, now, programme_id).await?;
    }
    Ok(changed)
}
