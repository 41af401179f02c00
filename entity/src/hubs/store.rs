//! Recording hubs.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::hub;
use crate::id::new_id;
use crate::outcome::StoreError;
use crate::write::{Written, put};

/// A hub as it should be.
#[derive(Clone, Debug)]
pub struct HubWish {
    /// The programme.
    pub programme_id: Uuid,
    /// Key within the programme.
    pub key: String,
    /// Name.
    pub name: String,
    /// The lead school or trust.
    pub lead_setting_id: Uuid,
    /// Region served.
    pub region_id: Option<Uuid>,
    /// Wave in which it opened.
    pub wave: Option<String>,
    /// Fewest and most partners.
    pub capacity: (Option<i32>, Option<i32>),
    /// First day.
    pub opened_on: NaiveDate,
    /// Where it reads what is answered to its mails.
    pub email: Option<String>,
}

/// Records a hub by its key. Deriving what it owes is the caller's next step.
///
/// # Errors
/// A database fault.
pub async fn put_hub(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    wish: HubWish,
) -> Result<(hub::Model, Written), StoreError> {
    let old = hub::Entity::find()
        .filter(hub::Column::ProgrammeId.eq(wish.programme_id))
        .filter(hub::Column::Key.eq(&wish.key))
        .one(txn)
        .await?;
    let mut wanted = hub::Model {
        id: old.as_ref().map_or_else(|| new_id(now), |old| old.id),
        programme_id: wish.programme_id,
        key: wish.key,
        name: wish.name,
        lead_setting_id: wish.lead_setting_id,
        region_id: wish.region_id,
        wave: wish.wave,
        capacity_min: wish.capacity.0,
        capacity_max: wish.capacity.1,
        opened_on: wish.opened_on,
        closed_on: old.as_ref().and_then(|old| old.closed_on),
        version: old.as_ref().map_or(1, |old| old.version),
        email: wish.email,
    };
    if old.as_ref().is_some_and(|old| *old != wanted) {
        wanted.version += 1;
    }
    let written = put(txn, old.as_ref(), wanted.clone()).await?;
    Ok((wanted, written))
}
