//! Joining, moving and leaving: the life of an enrolment.

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::local;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{self, Expr};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::fit::{check_open, check_partner, check_place};
use super::permission::{oversees_hub, require, runs_hub};
use super::{
    check_text, check_version, enrolment, enrolment_academy, enrolment_change, obligation,
    rederive_enrolment, rederive_hub, refused,
};
use crate::engagement::{assess_enrolment, assess_hub, engagement_alert};
use crate::events::places::release_out_of_reach;
use crate::hubs::hub;
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;
use crate::visits;

/// Who joins what, where and when.
#[derive(Clone, Debug)]
pub struct Enrol {
    /// The hub that will support the partner.
    pub hub_id: Uuid,
    /// The cohort joined.
    pub cohort_id: Uuid,
    /// The pathway taken.
    pub pathway_id: Uuid,
    /// The partner school or trust.
    pub partner_setting_id: Uuid,
    /// First day.
    pub enrolled_on: NaiveDate,
    /// Academies of the trust that take part; for a trust only.
    pub academies: Vec<Uuid>,
}

/// Enrols a partner setting under a hub and derives what both owe.
///
/// # Errors
/// A refusal naming the field that cannot be, or a database fault; either way nothing is written
/// once the caller rolls back.
pub async fn enrol(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    wish: Enrol,
) -> Result<enrolment::Model, StoreError> {
    let row = enter(txn, scope, by, now, wish).await?;
    settle(txn, now, &row, &[row.hub_id]).await?;
    Ok(row)
}

/// Enrols a partner setting without deriving anything, for an import that enters many and derives
/// and assesses the whole programme once, at its end, in the same transaction.
///
/// # Errors
/// As [`enrol`].
pub async fn enter(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    wish: Enrol,
) -> Result<enrolment::Model, StoreError> {
    let hub = visible_hub(txn, scope, wish.hub_id, "hubId").await?;
    require(
        runs_hub(scope, &hub),
        "hubId",
        "Only the hub's lead, its regional lead or an admin enrols partners.",
    )?;
    check_place(txn, &hub, &wish).await?;
    check_partner(txn, scope, &hub, &wish).await?;
    let row = enrolment::Model {
        id: new_id(now),
        programme_id: hub.programme_id,
        hub_id: hub.id,
        cohort_id: wish.cohort_id,
        pathway_id: wish.pathway_id,
        partner_setting_id: wish.partner_setting_id,
        status: "active".to_owned(),
        enrolled_on: wish.enrolled_on,
        ended_on: None,
        end_reason: None,
        version: 1,
        created_at: now,
        changed_at: now,
    };
    enrolment::Entity::insert(row.clone().into_active_model()).exec_without_returning(txn).await?;
    let academies = wish.academies.into_iter().map(|school_id| enrolment_academy::ActiveModel {
        id: Set(new_id(now)),
        enrolment_id: Set(row.id),
        school_id: Set(school_id),
    });
    let academies: Vec<_> = academies.collect();
    if !academies.is_empty() {
        enrolment_academy::Entity::insert_many(academies).exec_without_returning(txn).await?;
    }
    write_history(txn, &row, "enrolled", (None, Some(hub.id)), None, by, now).await?;
    Ok(row)
}

/// Ends an enrolment: what is open is cancelled, what was achieved stays.
///
/// # Errors
/// A refusal, or a database fault.
#[expect(clippy::too_many_arguments, reason = "the caller, the row and what to write to it")]
pub async fn withdraw(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    ended_on: NaiveDate,
    reason: &str,
) -> Result<enrolment::Model, StoreError> {
    let (old, hub) = running(txn, scope, id, expected_version).await?;
    require(
        runs_hub(scope, &hub),
        "enrolmentId",
        "Only the hub's lead, its regional lead or an admin withdraws partners.",
    )?;
    check_text("reason", reason, true)?;
    // Who leaves before the first day leaves today.
    if ended_on < old.enrolled_on.min(local(now).date()) {
        return refused(RefusalCode::Invalid, "endedOn", "It cannot end before it began.");
    }
    if ended_on > local(now).date() {
        return refused(RefusalCode::Invalid, "endedOn", "It cannot end in the future.");
    }
    let mut row = old.clone().into_active_model();
    row.status = Set("withdrawn".to_owned());
    row.ended_on = Set(Some(ended_on));
    row.end_reason = Set(Some(reason.trim().to_owned()));
    row.version = Set(old.version + 1);
    row.changed_at = Set(now);
    let row = row.update(txn).await?;
    visits::call_off(txn, by, now, row.id, reason).await?;
    write_history(txn, &row, "withdrawn", (Some(hub.id), None), Some(reason), by, now).await?;
    settle(txn, now, &row, &[hub.id]).await?;
    Ok(row)
}

/// Moves an enrolment to another hub of the same programme. What was achieved goes with it; open
/// days still owed are those of the new hub.
///
/// # Errors
/// A refusal, or a database fault.
#[expect(clippy::too_many_arguments, reason = "the caller, the row and what to write to it")]
pub async fn transfer(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    to_hub_id: Uuid,
    reason: &str,
) -> Result<enrolment::Model, StoreError> {
    let (old, from) = running(txn, scope, id, expected_version).await?;
    let to = visible_hub(txn, scope, to_hub_id, "toHubId").await?;
    let allowed = oversees_hub(scope, &from) && oversees_hub(scope, &to);
    require(
        allowed,
        "toHubId",
        "Only an admin or the regional lead of both hubs moves partners between them.",
    )?;
    check_text("reason", reason, true)?;
    if to.programme_id != old.programme_id {
        return refused(RefusalCode::Invalid, "toHubId", "That hub belongs to another programme.");
    }
    if to.id == from.id {
        return refused(
            RefusalCode::Conflict,
            "toHubId",
            "That hub supports this partner already.",
        );
    }
    if to.lead_setting_id == old.partner_setting_id {
        return refused(RefusalCode::Conflict, "toHubId", "A setting cannot be its own partner.");
    }
    check_open(&to, local(now).date(), "toHubId")?;
    let mut row = old.clone().into_active_model();
    row.hub_id = Set(to.id);
    row.version = Set(old.version + 1);
    row.changed_at = Set(now);
    let row = row.update(txn).await?;
    obligation::Entity::update_many()
        .col_expr(obligation::Column::HubId, to.id.into())
        .filter(obligation::Column::EnrolmentId.eq(id))
        .exec(txn)
        .await?;
    // Whoever follows alerts is told: the new hub that they are there, the old one that they went.
    engagement_alert::Entity::update_many()
        .col_expr(engagement_alert::Column::HubId, to.id.into())
        .col_expr(engagement_alert::Column::LeftHubId, Expr::value(from.id))
        .col_expr(engagement_alert::Column::LeftAt, Expr::value(now))
        .col_expr(engagement_alert::Column::ChangedAt, Expr::value(now))
        .col_expr(
            engagement_alert::Column::Version,
            sea_query::ExprTrait::add(Expr::col(engagement_alert::Column::Version), 1),
        )
        .filter(engagement_alert::Column::EnrolmentId.eq(id))
        .exec(txn)
        .await?;
    visits::hand_over(txn, by, now, &row).await?;
    write_history(txn, &row, "transferred", (Some(from.id), Some(to.id)), Some(reason), by, now)
        .await?;
    settle(txn, now, &row, &[from.id, to.id]).await?;
    Ok(row)
}

/// Derives and assesses everything that a change of this enrolment may have touched.
pub(super) async fn settle(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    enrolment: &enrolment::Model,
    hubs: &[Uuid],
) -> Result<(), StoreError> {
    release_out_of_reach(txn, now, enrolment).await?;
    rederive_enrolment(txn, now, enrolment.id).await?;
    assess_enrolment(txn, now, enrolment.id).await?;
    for &hub_id in hubs {
        rederive_hub(txn, now, hub_id, enrolment.cohort_id).await?;
        assess_hub(txn, now, hub_id).await?;
    }
    Ok(())
}

/// A hub the caller may see; one they may not is as missing as one that is not there.
async fn visible_hub(
    txn: &DatabaseTransaction,
    scope: &Scope,
    id: Uuid,
    field: &'static str,
) -> Result<hub::Model, StoreError> {
    let hub =
        hub::Entity::find_by_id(id).filter(Condition::all().add(scope.hubs())).one(txn).await?;
    hub.ok_or_else(|| {
        StoreError::refused(RefusalCode::NotFound, Some(field), "There is no such hub.")
    })
}

/// An enrolment that has not ended, with its hub.
pub(super) async fn running(
    txn: &DatabaseTransaction,
    scope: &Scope,
    id: Uuid,
    expected_version: Option<i32>,
) -> Result<(enrolment::Model, hub::Model), StoreError> {
    let missing = || {
        StoreError::refused(
            RefusalCode::NotFound,
            Some("enrolmentId"),
            "There is no such enrolment.",
        )
    };
    let row = enrolment::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.enrolments()))
        .lock_exclusive()
        .one(txn)
        .await?
        .ok_or_else(missing)?;
    let hub =
        hub::Entity::find_by_id(row.hub_id).lock_exclusive().one(txn).await?.ok_or_else(missing)?;
    check_version(row.version, expected_version)?;
    if row.status == "withdrawn" || row.status == "completed" {
        return refused(RefusalCode::Conflict, "enrolmentId", "This enrolment has ended already.");
    }
    Ok((row, hub))
}

pub(super) async fn write_history(
    txn: &DatabaseTransaction,
    enrolment: &enrolment::Model,
    kind: &str,
    (from_hub_id, to_hub_id): (Option<Uuid>, Option<Uuid>),
    reason: Option<&str>,
    by: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row = enrolment_change::Model {
        id: new_id(now),
        enrolment_id: enrolment.id,
        kind: kind.to_owned(),
        from_hub_id,
        to_hub_id,
        reason: reason.map(|reason| reason.trim().to_owned()),
        changed_by: by,
        changed_at: now,
    };
    enrolment_change::Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
    Ok(())
}
