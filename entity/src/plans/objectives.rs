//! Objectives of a plan: written while it is a draft, ticked off while it holds.

use chrono::{DateTime, Utc};
use rules::plans::ObjectiveState;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::drafting::{Held, check_current, hold as hold_plan, rewrite};
use super::{both_said, frameworks, objective, self_assessment_framework};
use crate::enrolments::{check_version, refused};
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// Most objectives a plan can have; with more, nothing is one.
const MOST_OBJECTIVES: i32 = 30;

/// What an objective says.
#[derive(Clone, Debug)]
pub struct ObjectiveWish {
    /// The theme of the self-assessment it comes from, if one.
    pub theme_key: Option<String>,
    /// What is to be different.
    pub title: String,
    /// How one will know.
    pub success_measure: String,
}

/// Adds an objective to the end of a draft.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn add(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    plan_id: Uuid,
    wish: ObjectiveWish,
) -> Result<objective::Model, StoreError> {
    let held = hold_plan(txn, scope, plan_id, None, "planId").await?;
    let (title, success_measure) = check(txn, &held, &wish).await?;
    let last = objective::Entity::find()
        .filter(objective::Column::PlanId.eq(plan_id))
        .order_by_desc(objective::Column::Position)
        .one(txn)
        .await?;
    let position = last.map_or(1, |last| last.position + 1);
    if position > MOST_OBJECTIVES {
        let message = format!("A plan can have at most {MOST_OBJECTIVES} objectives.");
        return refused(RefusalCode::Conflict, "planId", &message);
    }
    rewrite(txn, now, held.plan, "planId").await?;
    let row = objective::Model {
        id: new_id(now),
        plan_id,
        position,
        theme_key: wish.theme_key,
        title,
        success_measure,
        state: <&str>::from(ObjectiveState::Open).to_owned(),
        version: 1,
        changed_at: now,
    };
    objective::Entity::insert(row.clone().into_active_model()).exec_without_returning(txn).await?;
    Ok(row)
}

/// Changes what an objective of a draft says.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn edit(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    wish: ObjectiveWish,
) -> Result<objective::Model, StoreError> {
    let (old, held) = hold(txn, scope, id, expected_version).await?;
    let (title, success_measure) = check(txn, &held, &wish).await?;
    rewrite(txn, now, held.plan, "objectiveId").await?;
    let row = objective::Model { theme_key: wish.theme_key, title, success_measure, ..old };
    put(txn, now, row).await
}

/// Says where an objective stands. In a draft this changes what there is to agree to, and nothing can
/// have been achieved yet.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn set_state(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    state: ObjectiveState,
) -> Result<objective::Model, StoreError> {
    let (old, held) = hold(txn, scope, id, expected_version).await?;
    check_current(&held.plan, "objectiveId")?;
    let draft = held.plan.agreed_on.is_none();
    if draft && state == ObjectiveState::Achieved {
        let message = "This plan is not agreed yet: nothing in it can have been achieved.";
        return refused(RefusalCode::Conflict, "state", message);
    }
    let state = <&str>::from(state).to_owned();
    if old.state == state {
        return Ok(old);
    }
    if draft {
        rewrite(txn, now, held.plan, "objectiveId").await?;
    }
    put(txn, now, objective::Model { state, ..old }).await
}

/// An objective of a plan that the caller may see, as it is once nobody else can change it.
pub(super) async fn hold(
    txn: &DatabaseTransaction,
    scope: &Scope,
    id: Uuid,
    expected_version: Option<i32>,
) -> Result<(objective::Model, Held), StoreError> {
    let field = "objectiveId";
    let missing =
        || StoreError::refused(RefusalCode::NotFound, Some(field), "There is no such objective.");
    let seen = objective::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.objectives()))
        .one(txn)
        .await?
        .ok_or_else(missing)?;
    let held = hold_plan(txn, scope, seen.plan_id, None, field).await?;
    let row = objective::Entity::find_by_id(id).one(txn).await?.ok_or_else(missing)?;
    check_version(row.version, expected_version)?;
    Ok((row, held))
}

/// The title and the measure, once everything said of the objective can be.
async fn check(
    txn: &DatabaseTransaction,
    held: &Held,
    wish: &ObjectiveWish,
) -> Result<(String, String), StoreError> {
    if let Some(key) = &wish.theme_key {
        let frameworks = self_assessment_framework::Entity::find()
            .filter(
                self_assessment_framework::Column::ProgrammeId.eq(held.pair.enrolment.programme_id),
            )
            .all(txn)
            .await?;
        let mut known = false;
        for row in &frameworks {
            known |= frameworks::themes(row)?.iter().any(|theme| theme.key == *key);
        }
        if !known {
            let message = "The programme's self-assessment has no such theme.";
            return refused(RefusalCode::Invalid, "themeKey", message);
        }
    }
    both_said(("title", &wish.title), ("successMeasure", &wish.success_measure))
}

async fn put(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    row: objective::Model,
) -> Result<objective::Model, StoreError> {
    let row = objective::Model { version: row.version + 1, changed_at: now, ..row };
    Ok(row.into_active_model().reset_all().update(txn).await?)
}
