//! From facts in the tables to dated obligations: gathers what [`rules::commitments::derive`]
//! looks at and writes down what it answers.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::deeds::{Whose, settle_deeds};
use super::ledger::Ledger;
use super::programme_facts::{Partners, ProgrammeFacts};
use super::{enrolment, obligation};
use crate::hubs::hub;
use crate::outcome::StoreError;

/// Derives the obligations of one enrolment anew and returns how many changed.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn rederive_enrolment(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    enrolment_id: Uuid,
) -> Result<usize, StoreError> {
    let Some(enrolment) = enrolment::Entity::find_by_id(enrolment_id).one(txn).await? else {
        return Ok(0);
    };
    let programme = ProgrammeFacts::load(txn, enrolment.programme_id).await?;
    let derived = derive_enrolment(txn, now, &programme, &enrolment).await?;
    let whose = Whose::Enrolment(enrolment_id);
    let settled = settle_deeds(txn, now, enrolment.programme_id, whose).await?;
    // What is owed again may have moved meanwhile, or its day may have passed for good.
    let again = if settled.reopened {
        derive_enrolment(txn, now, &programme, &enrolment).await?
    } else {
        0
    };
    Ok(derived + settled.changed + again)
}

async fn derive_enrolment(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme: &ProgrammeFacts,
    enrolment: &enrolment::Model,
) -> Result<usize, StoreError> {
    let existing = obligation::Entity::find()
        .filter(obligation::Column::EnrolmentId.eq(enrolment.id))
        .all(txn)
        .await?;
    let mut ledger = Ledger::new(now);
    programme.enrolment(&mut ledger, enrolment, existing)?;
    ledger.write(txn).await
}

/// Derives a hub's own duties in one cohort anew and returns how many changed.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn rederive_hub(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    hub_id: Uuid,
    cohort_id: Uuid,
) -> Result<usize, StoreError> {
    let Some(hub) = hub::Entity::find_by_id(hub_id).one(txn).await? else {
        return Ok(0);
    };
    let programme = ProgrammeFacts::load(txn, hub.programme_id).await?;
    let derived = derive_hub(txn, now, &programme, &hub, cohort_id).await?;
    let whose = Whose::Hub(hub_id, cohort_id);
    let settled = settle_deeds(txn, now, hub.programme_id, whose).await?;
    let again =
        if settled.reopened { derive_hub(txn, now, &programme, &hub, cohort_id).await? } else { 0 };
    Ok(derived + settled.changed + again)
}

async fn derive_hub(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme: &ProgrammeFacts,
    hub: &hub::Model,
    cohort_id: Uuid,
) -> Result<usize, StoreError> {
    let existing = obligation::Entity::find()
        .filter(obligation::Column::SubjectId.eq(hub.id))
        .filter(obligation::Column::CohortId.eq(cohort_id))
        .all(txn)
        .await?;
    let enrolments = enrolment::Entity::find()
        .filter(enrolment::Column::HubId.eq(hub.id))
        .filter(enrolment::Column::CohortId.eq(cohort_id))
        .all(txn)
        .await?;
    let mut partners = Partners::default();
    for enrolment in &enrolments {
        partners.count(enrolment);
    }
    let mut ledger = Ledger::new(now);
    programme.hub(&mut ledger, hub, cohort_id, &partners, existing)?;
    ledger.write(txn).await
}

/// Derives every obligation of a programme anew, after its set-up or the day changed, and returns
/// how many changed.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn rederive_programme(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
) -> Result<usize, StoreError> {
    let derived = derive_programme(txn, now, programme_id).await?;
    let settled = settle_deeds(txn, now, programme_id, Whose::Everybody).await?;
    let again = if settled.reopened { derive_programme(txn, now, programme_id).await? } else { 0 };
    Ok(derived + settled.changed + again)
}

async fn derive_programme(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
) -> Result<usize, StoreError> {
    let programme = ProgrammeFacts::load(txn, programme_id).await?;
    // Locked, so that no partner moves to another hub while its new obligations name the old one.
    let enrolments = enrolment::Entity::find()
        .filter(enrolment::Column::ProgrammeId.eq(programme_id))
        .order_by_asc(enrolment::Column::Id)
        .lock_shared()
        .all(txn)
        .await?;
    let mut existing: HashMap<(Uuid, Uuid), Vec<obligation::Model>> = HashMap::new();
    let rows = obligation::Entity::find()
        .filter(obligation::Column::ProgrammeId.eq(programme_id))
        .all(txn)
        .await?;
    for row in rows {
        existing.entry((row.subject_id, row.cohort_id)).or_default().push(row);
    }
    let mut ledger = Ledger::new(now);
    let mut hub_cohorts: HashMap<(Uuid, Uuid), Partners> = HashMap::new();
    for enrolment in &enrolments {
        let key = (enrolment.id, enrolment.cohort_id);
        programme.enrolment(&mut ledger, enrolment, existing.remove(&key).unwrap_or_default())?;
        hub_cohorts.entry((enrolment.hub_id, enrolment.cohort_id)).or_default().count(enrolment);
    }
    let hubs =
        hub::Entity::find().filter(hub::Column::ProgrammeId.eq(programme_id)).all(txn).await?;
    let hubs: HashMap<Uuid, hub::Model> = hubs.into_iter().map(|hub| (hub.id, hub)).collect();
    // A hub whose last partner of a cohort moved away still has duties to close.
    for &(subject, cohort) in existing.keys() {
        hub_cohorts.entry((subject, cohort)).or_default();
    }
    for ((hub_id, cohort_id), partners) in hub_cohorts {
        if let Some(hub) = hubs.get(&hub_id) {
            let rows = existing.remove(&(hub_id, cohort_id)).unwrap_or_default();
            programme.hub(&mut ledger, hub, cohort_id, &partners, rows)?;
        }
    }
    ledger.write(txn).await
}
