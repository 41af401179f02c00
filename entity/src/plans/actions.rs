//! Agreed actions: what is to be done, by whom and by when, in a plan or after a visit.

use chrono::{DateTime, Days, NaiveDate, Utc};
use rules::calendar::{in_words, local};
use rules::plans::ActionState;
use rules::visits::Party;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _,
};
use uuid::Uuid;

use super::drafting::{check_current, rewrite};
use super::{agreed_action, objectives, said};
use crate::enrolments::{check_version, partnership, refused};
use crate::id::new_id;
use crate::outcome::{Faults, RefusalCode, StoreError};
use crate::scope::Scope;

/// How far ahead an action can be due, in days: the longest programme and a little.
const LATEST: Days = Days::new(800);
/// Most actions one objective can have.
const MOST_ACTIONS: u64 = 50;

/// What an action says.
#[derive(Clone, Debug)]
pub struct ActionWish {
    /// What is to be done.
    pub title: String,
    /// The side that does it.
    pub owner_party: Party,
    /// Who does it, as the two sides call them.
    pub owner_name: String,
    /// London day by the end of which.
    pub due_on: NaiveDate,
}

/// Where an action belongs.
#[derive(Clone, Copy)]
pub(crate) struct Of {
    pub enrolment: Uuid,
    pub objective: Option<Uuid>,
    pub visit: Option<Uuid>,
}

/// Adds an action to an objective of a draft.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn add(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    objective_id: Uuid,
    wish: ActionWish,
) -> Result<agreed_action::Model, StoreError> {
    let (objective, held) = objectives::hold(txn, scope, objective_id, None).await?;
    check(&wish, local(now).date(), now)?;
    let there = agreed_action::Entity::find()
        .filter(agreed_action::Column::ObjectiveId.eq(objective.id))
        .count(txn)
        .await?;
    if there >= MOST_ACTIONS {
        let message = format!("An objective can have at most {MOST_ACTIONS} actions.");
        return refused(RefusalCode::Conflict, "objectiveId", &message);
    }
    let enrolment = held.plan.enrolment_id;
    rewrite(txn, now, held.plan, "objectiveId").await?;
    let of = Of { enrolment, objective: Some(objective.id), visit: None };
    insert(txn, now, of, wish).await
}

/// Changes what an action says: of a draft, or of a visit. What is agreed in a plan changes by a new
/// version of it.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn edit(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    wish: ActionWish,
) -> Result<agreed_action::Model, StoreError> {
    let old = hold(txn, scope, id, expected_version).await?;
    // A day that stays may lie in the past.
    check(&wish, old.due_on.min(local(now).date()), now)?;
    if let Some(objective_id) = old.objective_id {
        let (_, held) = objectives::hold(txn, scope, objective_id, None).await?;
        rewrite(txn, now, held.plan, "agreedActionId").await?;
    }
    let row = agreed_action::Model {
        title: wish.title.trim().to_owned(),
        owner_party: <&str>::from(wish.owner_party).to_owned(),
        owner_name: wish.owner_name.trim().to_owned(),
        due_on: wish.due_on,
        ..old
    };
    put(txn, now, row).await
}

/// Says where an action stands; one that is done was so on `done_on`, today when absent. In a draft
/// this changes what there is to agree to.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn set_state(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    state: ActionState,
    done_on: Option<NaiveDate>,
) -> Result<agreed_action::Model, StoreError> {
    let old = hold(txn, scope, id, expected_version).await?;
    let today = local(now).date();
    let done_on = match (state, done_on) {
        (ActionState::Done, on) => Some(on.unwrap_or(today)),
        (_, None) => None,
        (_, Some(_)) => {
            let message = "Give a day only for what is done.";
            return refused(RefusalCode::Invalid, "doneOn", message);
        }
    };
    if done_on.is_some_and(|on| on > today || on + LATEST < today) {
        let message = "Give the day it was done: not in the future, nor years ago.";
        return refused(RefusalCode::Invalid, "doneOn", message);
    }
    if let Some(objective_id) = old.objective_id {
        let (_, held) = objectives::hold(txn, scope, objective_id, None).await?;
        check_current(&held.plan, "agreedActionId")?;
        if held.plan.agreed_on.is_none() {
            rewrite(txn, now, held.plan, "agreedActionId").await?;
        }
    }
    let state = <&str>::from(state).to_owned();
    put(txn, now, agreed_action::Model { state, done_on, ..old }).await
}

/// What an action says can be; it is due on `from` at the earliest.
pub(crate) fn check(
    wish: &ActionWish,
    from: NaiveDate,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut faults = Faults::default();
    faults.note(said("title", &wish.title))?;
    faults.note(said("ownerName", &wish.owner_name))?;
    if wish.due_on < from {
        let message = format!("An action can be due on {} at the earliest.", in_words(from));
        faults.note(refused::<()>(RefusalCode::Invalid, "dueOn", &message))?;
    }
    if wish.due_on > local(now).date() + LATEST {
        let message = "That is years ahead.";
        faults.note(refused::<()>(RefusalCode::Invalid, "dueOn", message))?;
    }
    faults.end()
}

/// Writes a new action that was checked.
pub(crate) async fn insert(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    of: Of,
    wish: ActionWish,
) -> Result<agreed_action::Model, StoreError> {
    let row = agreed_action::Model {
        id: new_id(now),
        enrolment_id: of.enrolment,
        objective_id: of.objective,
        visit_id: of.visit,
        title: wish.title.trim().to_owned(),
        owner_party: <&str>::from(wish.owner_party).to_owned(),
        owner_name: wish.owner_name.trim().to_owned(),
        due_on: wish.due_on,
        state: <&str>::from(ActionState::Open).to_owned(),
        done_on: None,
        version: 1,
        created_at: now,
        changed_at: now,
    };
    let active = row.clone().into_active_model();
    agreed_action::Entity::insert(active).exec_without_returning(txn).await?;
    Ok(row)
}

/// Drops what is still open of the actions agreed at a visit.
pub(crate) async fn drop_open(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    visit_id: Uuid,
) -> Result<(), StoreError> {
    let open: &str = ActionState::Open.into();
    let rows = agreed_action::Entity::find()
        .filter(agreed_action::Column::VisitId.eq(visit_id))
        .filter(agreed_action::Column::State.eq(open))
        .all(txn)
        .await?;
    for row in rows {
        let state = <&str>::from(ActionState::Dropped).to_owned();
        put(txn, now, agreed_action::Model { state, ..row }).await?;
    }
    Ok(())
}

/// An action that the caller may see, as it is once nobody else can change it.
async fn hold(
    txn: &DatabaseTransaction,
    scope: &Scope,
    id: Uuid,
    expected_version: Option<i32>,
) -> Result<agreed_action::Model, StoreError> {
    let missing = || {
        let message = "There is no such agreed action.";
        StoreError::refused(RefusalCode::NotFound, Some("agreedActionId"), message)
    };
    let seen = agreed_action::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.agreed_actions()))
        .one(txn)
        .await?
        .ok_or_else(missing)?;
    partnership(txn, scope, seen.enrolment_id).await?;
    // Read again: it may have changed while we waited for the lock.
    let row = agreed_action::Entity::find_by_id(id).one(txn).await?.ok_or_else(missing)?;
    check_version(row.version, expected_version)?;
    Ok(row)
}

async fn put(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    row: agreed_action::Model,
) -> Result<agreed_action::Model, StoreError> {
    let row = agreed_action::Model { version: row.version + 1, changed_at: now, ..row };
    Ok(row.into_active_model().reset_all().update(txn).await?)
}
