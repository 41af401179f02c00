//! Taking back what somebody recorded of an obligation, so that it is owed again.

use chrono::{DateTime, Utc};
use rules::commitments::{ObligationState, may_reopen};
use rules::visits::Party;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, Condition, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::permission::{oversees_hub, require};
use super::record::{missing, visible};
use super::{check_text, check_version, obligation, partnership, rederive_hub, settle_enrolment};
use crate::engagement::assess_hub;
use crate::hubs::hub;
use crate::outcome::{RefusalCode, StoreError, word};
use crate::scope::Scope;

/// Opens again what was recorded as met by hand, or excused, with a reason: by whoever could excuse
/// it. What a deed met is opened by putting the deed right. Deeds that stand may meet it at once.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn reopen(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    reason: &str,
) -> Result<obligation::Model, StoreError> {
    let seen = obligation::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.obligations()))
        .one(txn)
        .await?
        .ok_or_else(missing)?;
    let allowed = if let Some(enrolment) = seen.enrolment_id {
        partnership(txn, scope, enrolment).await?.party == Party::Hub
    } else {
        let hub = hub::Entity::find_by_id(seen.hub_id).lock_exclusive().one(txn).await?;
        oversees_hub(scope, &hub.ok_or_else(missing)?)
    };
    require(
        allowed,
        "obligationId",
        "What a partner owes is opened again by its hub's lead, what a hub owes by the programme.",
    )?;
    check_text("reason", reason, true)?;
    // Read again: it may have changed while we waited for the lock.
    let old = visible(txn, scope, id).await?;
    let state: ObligationState = word("obligation", id, &old.state)?;
    let deed = old.deed_kind.as_deref().map(|kind| word("obligation", id, kind)).transpose()?;
    may_reopen(state, deed).map_err(|why| {
        StoreError::refused(RefusalCode::Conflict, Some("obligationId"), why.to_string())
    })?;
    check_version(old.version, expected_version)?;
    let (version, revision) = (old.version + 1, old.revision + 1);
    let mut row = old.into_active_model();
    row.state = Set(<&str>::from(ObligationState::Open).to_owned());
    row.met_on = Set(None);
    row.note = Set(Some(reason.trim().to_owned()));
    row.recorded_by = Set(by);
    row.recorded_at = Set(Some(now));
    row.revision = Set(revision);
    row.version = Set(version);
    row.changed_at = Set(now);
    let row = row.update(txn).await?;
    if let Some(enrolment) = row.enrolment_id {
        settle_enrolment(txn, now, enrolment).await?;
    } else {
        rederive_hub(txn, now, row.hub_id, row.cohort_id).await?;
        assess_hub(txn, now, row.hub_id).await?;
    }
    obligation::Entity::find_by_id(id).one(txn).await?.ok_or_else(missing)
}
