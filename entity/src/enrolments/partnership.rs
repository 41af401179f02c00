//! Lead and partner working together: who acts for which side.

use rules::visits::Party;
use sea_orm::{
    Condition, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::permission::runs_hub;
use super::{enrolment, refused};
use crate::hubs::hub;
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// A running enrolment and its hub, and the side for which the caller acts.
#[derive(Clone, Debug)]
pub(crate) struct Partnership {
    /// The partner's enrolment.
    pub enrolment: enrolment::Model,
    /// The hub that supports it now.
    pub hub: hub::Model,
    /// Those who run the hub act for it, everyone else who sees the enrolment for the partner.
    pub party: Party,
}

/// A running enrolment that the caller may see, with its hub. Both are locked, in this order, so
/// that whatever is decided about what lead and partner share is decided one at a time.
pub(crate) async fn partnership(
    txn: &DatabaseTransaction,
    scope: &Scope,
    enrolment_id: Uuid,
) -> Result<Partnership, StoreError> {
    let field = "enrolmentId";
    let missing =
        || StoreError::refused(RefusalCode::NotFound, Some(field), "There is no such enrolment.");
    let enrolment = enrolment::Entity::find_by_id(enrolment_id)
        .filter(Condition::all().add(scope.enrolments()))
        .lock_exclusive()
        .one(txn)
        .await?
        .ok_or_else(missing)?;
    let hub = hub::Entity::find_by_id(enrolment.hub_id)
        .lock_exclusive()
        .one(txn)
        .await?
        .ok_or_else(missing)?;
    if enrolment.status == "withdrawn" || enrolment.status == "completed" {
        return refused(RefusalCode::Conflict, field, "This enrolment has ended.");
    }
    let party = if runs_hub(scope, &hub) { Party::Hub } else { Party::Partner };
    Ok(Partnership { enrolment, hub, party })
}
