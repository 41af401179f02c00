//! Plans: begun by either side, written together, agreed by who has to, superseded by a later one.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rules::calendar::local;
use rules::commitments::CommitmentKind;
use rules::plans::{
    ActionState, ObjectiveState, PlanKind, PlanState, agreed_on, kind_of, needs, ready,
};
use rules::visits::Party;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::{agreed_action, objective, plan, said};
use crate::enrolments::{Partnership, check_version, partnership, refused, settle_enrolment};
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError, word};
use crate::programme::commitment_template;
use crate::scope::Scope;

/// Begins a plan of the kind that the partner's pathway asks for. A plan that was agreed before
/// holds until this one is.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn start(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    enrolment_id: Uuid,
    summary: &str,
) -> Result<plan::Model, StoreError> {
    let pair = partnership(txn, scope, enrolment_id).await?;
    let summary = said("summary", summary)?;
    let Some(kind) = kind_of(&promised(txn, pair.enrolment.pathway_id).await?) else {
        let message = "The partner's pathway asks for no plan.";
        return refused(RefusalCode::Conflict, "enrolmentId", message);
    };
    let last = plan::Entity::find()
        .filter(plan::Column::EnrolmentId.eq(enrolment_id))
        .order_by_desc(plan::Column::Number)
        .one(txn)
        .await?;
    if last.as_ref().is_some_and(|last| last.state == text(PlanState::Draft)) {
        let message = "A plan is being written already.";
        return refused(RefusalCode::Conflict, "enrolmentId", message);
    }
    let row = plan::Model {
        id: new_id(now),
        enrolment_id,
        kind: <&str>::from(kind).to_owned(),
        state: text(PlanState::Draft),
        number: last.map_or(1, |last| last.number + 1),
        summary,
        partner_agreed_on: None,
        hub_agreed_on: None,
        agreed_on: None,
        version: 1,
        created_at: now,
        changed_at: now,
    };
    plan::Entity::insert(row.clone().into_active_model()).exec_without_returning(txn).await?;
    Ok(row)
}

/// Changes what a draft is to achieve. Whoever had agreed to it agrees anew.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn edit(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    summary: &str,
) -> Result<plan::Model, StoreError> {
    let held = hold(txn, scope, id, expected_version, "planId").await?;
    let summary = said("summary", summary)?;
    rewrite(txn, now, plan::Model { summary, ..held.plan }, "planId").await
}

/// Agrees to a draft for the caller's side. Once every side that has to has agreed, the plan holds,
/// meets the obligation, and takes the place of the one before, of which what is open is dropped.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn agree(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
) -> Result<plan::Model, StoreError> {
    let Held { plan: old, pair } = hold(txn, scope, id, expected_version, "planId").await?;
    check_draft(&old, "planId")?;
    let kind: PlanKind = word("plan", old.id, &old.kind)?;
    if !needs(kind, pair.party) {
        let message = "An action plan is the partner's own: its side agrees to it.";
        return refused(RefusalCode::Forbidden, "planId", message);
    }
    ready(&actions_by_objective(txn, old.id).await?).map_err(|why| {
        StoreError::refused(RefusalCode::Conflict, Some("planId"), why.to_string())
    })?;
    let today = local(now).date();
    let mut row = plan::Model { version: old.version + 1, changed_at: now, ..old.clone() };
    let side = match pair.party {
        Party::Partner => &mut row.partner_agreed_on,
        Party::Hub => &mut row.hub_agreed_on,
    };
    if side.is_some() {
        return Ok(old);
    }
    *side = Some(today);
    row.agreed_on = agreed_on(kind, row.partner_agreed_on, row.hub_agreed_on);
    if row.agreed_on.is_some() {
        row.state = text(PlanState::Agreed);
        supersede(txn, now, &row).await?;
    }
    let row = row.into_active_model().reset_all().update(txn).await?;
    if row.agreed_on.is_some() {
        settle_enrolment(txn, now, row.enrolment_id).await?;
    }
    Ok(row)
}

/// A plan about to change, with lead and partner locked.
pub(super) struct Held {
    pub plan: plan::Model,
    pub pair: Partnership,
}

/// A plan that the caller may see, as it is once nobody else can change it.
pub(super) async fn hold(
    txn: &DatabaseTransaction,
    scope: &Scope,
    id: Uuid,
    expected_version: Option<i32>,
    field: &'static str,
) -> Result<Held, StoreError> {
    let missing =
        || StoreError::refused(RefusalCode::NotFound, Some(field), "There is no such plan.");
    let seen = plan::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.plans()))
        .one(txn)
        .await?
        .ok_or_else(missing)?;
    let pair = partnership(txn, scope, seen.enrolment_id).await?;
    // Read again: it may have changed while we waited for the lock.
    let plan = plan::Entity::find_by_id(id).one(txn).await?.ok_or_else(missing)?;
    check_version(plan.version, expected_version)?;
    Ok(Held { plan, pair })
}

/// Writes that the content of a draft changed: nobody has agreed to what it says now.
pub(super) async fn rewrite(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    plan: plan::Model,
    field: &'static str,
) -> Result<plan::Model, StoreError> {
    check_draft(&plan, field)?;
    let row = plan::Model {
        partner_agreed_on: None,
        hub_agreed_on: None,
        version: plan.version + 1,
        changed_at: now,
        ..plan
    };
    Ok(row.into_active_model().reset_all().update(txn).await?)
}

/// Only a draft can be written or agreed to.
pub(super) fn check_draft(plan: &plan::Model, field: &'static str) -> Result<(), StoreError> {
    if plan.state == text(PlanState::Draft) {
        return Ok(());
    }
    let message = "This plan is agreed; begin a new version of it to change it.";
    refused(RefusalCode::Conflict, field, message)
}

/// Progress is noted on a draft or an agreed plan, not on one that a later version replaced.
pub(super) fn check_current(plan: &plan::Model, field: &'static str) -> Result<(), StoreError> {
    if plan.state != text(PlanState::Superseded) {
        return Ok(());
    }
    refused(RefusalCode::Conflict, field, "A later version has taken the place of this plan.")
}

/// What partners on a pathway promise.
async fn promised(
    txn: &DatabaseTransaction,
    pathway_id: Uuid,
) -> Result<Vec<CommitmentKind>, StoreError> {
    let rows: Vec<(Uuid, String)> = commitment_template::Entity::find()
        .select_only()
        .columns([commitment_template::Column::Id, commitment_template::Column::Kind])
        .filter(commitment_template::Column::PathwayId.eq(pathway_id))
        .filter(commitment_template::Column::RetiredAt.is_null())
        .into_tuple()
        .all(txn)
        .await?;
    rows.iter().map(|(id, kind)| word("commitment_template", *id, kind)).collect()
}

/// For each objective that was not dropped, how many actions it has that were not either.
async fn actions_by_objective(
    txn: &DatabaseTransaction,
    plan_id: Uuid,
) -> Result<Vec<usize>, StoreError> {
    let dropped: &str = ObjectiveState::Dropped.into();
    let objectives: Vec<Uuid> = objective::Entity::find()
        .select_only()
        .column(objective::Column::Id)
        .filter(objective::Column::PlanId.eq(plan_id))
        .filter(objective::Column::State.ne(dropped))
        .into_tuple()
        .all(txn)
        .await?;
    let dropped: &str = ActionState::Dropped.into();
    let actions: Vec<Uuid> = agreed_action::Entity::find()
        .select_only()
        .column(agreed_action::Column::ObjectiveId)
        .filter(agreed_action::Column::ObjectiveId.is_in(objectives.iter().copied()))
        .filter(agreed_action::Column::State.ne(dropped))
        .into_tuple()
        .all(txn)
        .await?;
    let mut counts: HashMap<Uuid, usize> = objectives.into_iter().map(|id| (id, 0)).collect();
    for objective in actions {
        *counts.entry(objective).or_default() += 1;
    }
    Ok(counts.into_values().collect())
}

/// Retires the agreed plan before this one, with what was still open in it.
async fn supersede(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    by: &plan::Model,
) -> Result<(), StoreError> {
    let old = plan::Entity::find()
        .filter(plan::Column::EnrolmentId.eq(by.enrolment_id))
        .filter(plan::Column::State.eq(text(PlanState::Agreed)))
        .filter(plan::Column::Id.ne(by.id))
        .all(txn)
        .await?;
    for plan in old {
        let objectives = objective::Entity::find()
            .filter(objective::Column::PlanId.eq(plan.id))
            .all(txn)
            .await?;
        for row in objectives {
            let open: &str = ActionState::Open.into();
            let actions = agreed_action::Entity::find()
                .filter(agreed_action::Column::ObjectiveId.eq(row.id))
                .filter(agreed_action::Column::State.eq(open))
                .all(txn)
                .await?;
            for action in actions {
                let action = agreed_action::Model {
                    state: <&str>::from(ActionState::Dropped).to_owned(),
                    version: action.version + 1,
                    changed_at: now,
                    ..action
                };
                action.into_active_model().reset_all().update(txn).await?;
            }
            if row.state == <&str>::from(ObjectiveState::Open) {
                let row = objective::Model {
                    state: <&str>::from(ObjectiveState::Dropped).to_owned(),
                    version: row.version + 1,
                    changed_at: now,
                    ..row
                };
                row.into_active_model().reset_all().update(txn).await?;
            }
        }
        let plan = plan::Model {
            state: text(PlanState::Superseded),
            version: plan.version + 1,
            changed_at: now,
            ..plan
        };
        plan.into_active_model().reset_all().update(txn).await?;
    }
    Ok(())
}

fn text(state: PlanState) -> String {
    <&str>::from(state).to_owned()
}
