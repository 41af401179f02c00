//! Reviews of progress, and the final one, recorded by the lead's side.

use chrono::{DateTime, Days, NaiveDate, Utc};
use rules::calendar::local;
use rules::plans::ReviewKind;
use rules::visits::Party;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::{both_said, plan, review};
use crate::enrolments::permission::require;
use crate::enrolments::{Partnership, check_version, partnership, refused, settle_enrolment};
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// How far back a review can be recorded, in days: a programme year and a little.
const EARLIEST: Days = Days::new(400);

/// What a review says.
#[derive(Clone, Debug)]
pub struct ReviewWish {
    /// London day on which it was held.
    pub held_on: NaiveDate,
    /// What was found.
    pub summary: String,
    /// What follows.
    pub next_steps: String,
}

/// Records a review of the plan that holds, if there is one. It meets the obligation.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn record(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    enrolment_id: Uuid,
    kind: ReviewKind,
    wish: ReviewWish,
) -> Result<review::Model, StoreError> {
    let pair = partnership(txn, scope, enrolment_id).await?;
    let (summary, next_steps) = check(&pair, now, &wish)?;
    let kind = <&str>::from(kind).to_owned();
    let same = review::Entity::find()
        .filter(review::Column::EnrolmentId.eq(enrolment_id))
        .filter(review::Column::Kind.eq(&kind));
    if kind == <&str>::from(ReviewKind::Final) && same.clone().count(txn).await? > 0 {
        let message = "The final review is recorded already; correct that.";
        return refused(RefusalCode::Conflict, "kind", message);
    }
    let same_day = same.filter(review::Column::HeldOn.eq(wish.held_on)).count(txn).await?;
    if same_day > 0 {
        let message = "A review of that day is recorded already; correct that.";
        return refused(RefusalCode::Conflict, "heldOn", message);
    }
    let holds = plan::Entity::find()
        .filter(plan::Column::EnrolmentId.eq(enrolment_id))
        .filter(plan::Column::State.eq("agreed"))
        .order_by_desc(plan::Column::Number)
        .one(txn)
        .await?;
    let row = review::Model {
        id: new_id(now),
        enrolment_id,
        plan_id: holds.map(|plan| plan.id),
        kind,
        held_on: wish.held_on,
        summary,
        next_steps,
        recorded_by: by,
        recorded_at: now,
        version: 1,
    };
    review::Entity::insert(row.clone().into_active_model()).exec_without_returning(txn).await?;
    settle_enrolment(txn, now, enrolment_id).await?;
    Ok(row)
}

/// Puts right what was recorded of a review. Obligations follow.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn correct(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    wish: ReviewWish,
) -> Result<review::Model, StoreError> {
    let missing = || {
        let message = "There is no such review.";
        StoreError::refused(RefusalCode::NotFound, Some("reviewId"), message)
    };
    let seen = review::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.reviews()))
        .one(txn)
        .await?
        .ok_or_else(missing)?;
    let pair = partnership(txn, scope, seen.enrolment_id).await?;
    // Read again: it may have changed while we waited for the lock.
    let old = review::Entity::find_by_id(id).one(txn).await?.ok_or_else(missing)?;
    check_version(old.version, expected_version)?;
    let (summary, next_steps) = check(&pair, now, &wish)?;
    let row = review::Model {
        held_on: wish.held_on,
        summary,
        next_steps,
        recorded_by: by,
        recorded_at: now,
        version: old.version + 1,
        ..old
    };
    let row = row.into_active_model().reset_all().update(txn).await?;
    settle_enrolment(txn, now, row.enrolment_id).await?;
    Ok(row)
}

/// Findings and next steps, once the caller may say them and the day can be.
fn check(
    pair: &Partnership,
    now: DateTime<Utc>,
    wish: &ReviewWish,
) -> Result<(String, String), StoreError> {
    let message = "A review is recorded by the lead's side.";
    require(pair.party == Party::Hub, "enrolmentId", message)?;
    let today = local(now).date();
    if wish.held_on > today || wish.held_on + EARLIEST < today {
        let message =
            "Give the day it was held: not in the future, and not more than 400 days ago.";
        return refused(RefusalCode::Invalid, "heldOn", message);
    }
    if wish.held_on < pair.enrolment.enrolled_on {
        return refused(RefusalCode::Invalid, "heldOn", "The partner had not joined by then.");
    }
    both_said(("summary", &wish.summary), ("nextSteps", &wish.next_steps))
}
