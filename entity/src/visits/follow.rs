//! What becomes of visits ahead when an enrolment moves to another hub or ends.

use chrono::{DateTime, Utc};
use rules::visits::{Party, VisitState, VisitStep};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::{Taken, put, visit};
use crate::enrolments::enrolment;
use crate::outcome::{StoreError, word};

/// Hands visits ahead over to the hub that supports the enrolment now. The partner still stands by a
/// time that it named or agreed to: the new hub is asked whether it agrees, and says who comes. What
/// only the old hub had proposed was its offer, and falls away with it; nobody called it off.
pub(crate) async fn hand_over(
    txn: &DatabaseTransaction,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    enrolment: &enrolment::Model,
) -> Result<(), StoreError> {
    for row in ahead(txn, now, enrolment.id).await? {
        let state: VisitState = word("visit", row.id, &row.state)?;
        let proposed_by: Party = word("visit", row.id, &row.proposed_by)?;
        if state == VisitState::Proposed && proposed_by == Party::Hub {
            let reason = "The partner moved to another hub, and this was offered by the old one.";
            cancel(txn, by, now, row, reason).await?;
            continue;
        }
        let reason = "The partner moved to another hub, which has yet to agree.";
        let taken = Taken { step: VisitStep::Proposed, party: None, by, reason: Some(reason) };
        let row = visit::Model {
            hub_id: enrolment.hub_id,
            state: <&str>::from(VisitState::Proposed).to_owned(),
            proposed_by: <&str>::from(Party::Partner).to_owned(),
            visitor_id: None,
            agreed_at: None,
            sequence: row.sequence + 1,
            ..row
        };
        put(txn, now, row, taken).await?;
    }
    Ok(())
}

/// Cancels visits ahead of an enrolment that ends, for the reason it ended.
pub(crate) async fn call_off(
    txn: &DatabaseTransaction,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    enrolment_id: Uuid,
    reason: &str,
) -> Result<(), StoreError> {
    let reason = format!("The enrolment ended: {}", reason.trim());
    for row in ahead(txn, now, enrolment_id).await? {
        cancel(txn, by, now, row, &reason).await?;
    }
    Ok(())
}

/// Visits that are arranged and have not begun, locked.
async fn ahead(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    enrolment_id: Uuid,
) -> Result<Vec<visit::Model>, StoreError> {
    let rows = visit::Entity::find()
        .filter(visit::Column::EnrolmentId.eq(enrolment_id))
        .filter(visit::Column::State.is_in(["proposed", "agreed"]))
        .filter(visit::Column::StartsAt.gt(now))
        .order_by_asc(visit::Column::Id)
        .lock_exclusive()
        .all(txn)
        .await?;
    Ok(rows)
}

/// Cancels for neither side: `cancelled_by` stays empty, so that nobody is flagged for it.
async fn cancel(
    txn: &DatabaseTransaction,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    row: visit::Model,
    reason: &str,
) -> Result<(), StoreError> {
    let taken = Taken { step: VisitStep::Cancelled, party: None, by, reason: Some(reason) };
    let row = visit::Model {
        state: <&str>::from(VisitState::Cancelled).to_owned(),
        cancelled_at: Some(now),
        cancellation_reason: Some(reason.to_owned()),
        sequence: row.sequence + 1,
        ..row
    };
    put(txn, now, row, taken).await.map(|_| ())
}
