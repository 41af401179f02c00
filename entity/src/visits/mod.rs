//! Visits between hubs and partners.
//!
//! Every write locks the enrolment and its hub first, then who comes, so that two who arrange visits
//! at once take turns and the second sees what the first did. Nobody is at two visits at a time: a
//! proposal stands in the way only of its own partner's other visits, an agreed or recorded visit
//! also of its visitor's.

pub mod visit;
pub mod visit_change;

mod arrange;
mod checks;
mod follow;
mod record;

pub use arrange::{Agree, Cancel, Proposal, Reschedule, agree, cancel, propose, reschedule};
pub(crate) use follow::{call_off, hand_over};
pub use record::{Record, record};

use chrono::{DateTime, Utc};
use rules::visits::{Party, VisitStep};
use sea_orm::{ActiveModelTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _};
use uuid::Uuid;

use crate::id::new_id;
use crate::messages::notices;
use crate::outcome::StoreError;

/// Who took a step, for which side and why.
#[derive(Clone, Copy)]
struct Taken<'a> {
    step: VisitStep,
    party: Option<Party>,
    by: Option<Uuid>,
    reason: Option<&'a str>,
}

/// Writes a visit as it is after a step, the step beside it, and the notices of it.
async fn put(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    row: visit::Model,
    taken: Taken<'_>,
) -> Result<visit::Model, StoreError> {
    let row = visit::Model { version: row.version + 1, changed_at: now, ..row };
    let row = row.into_active_model().reset_all().update(txn).await?;
    note(txn, now, &row, taken).await?;
    Ok(row)
}

async fn note(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    row: &visit::Model,
    taken: Taken<'_>,
) -> Result<(), StoreError> {
    let change = visit_change::Model {
        id: new_id(now),
        visit_id: row.id,
        what: <&str>::from(taken.step).to_owned(),
        by_party: taken.party.map(|party| <&str>::from(party).to_owned()),
        by_person: taken.by,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        reason: taken.reason.map(|reason| reason.trim().to_owned()),
        happened_at: now,
    };
    visit_change::Entity::insert(change.into_active_model()).exec_without_returning(txn).await?;
    notices::visits::tell(txn, now, row, taken.step, taken.by).await
}
