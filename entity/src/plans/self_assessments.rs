//! A partner assesses itself: begins, rates theme by theme, and completes.

use chrono::{DateTime, Utc};
use rules::calendar::local;
use rules::plans::{SelfAssessmentState, Theme, check_rating, missing as unrated};
use rules::visits::Party;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::{frameworks, self_assessment, self_assessment_framework, self_assessment_rating};
use crate::enrolments::permission::require;
use crate::enrolments::{
    Partnership, check_text, check_version, partnership, refused, settle_enrolment,
};
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;
use crate::write::put;

/// How a partner sees itself in one theme.
#[derive(Clone, Debug)]
pub struct Rating {
    /// Of which self-assessment.
    pub self_assessment_id: Uuid,
    /// Its version as the caller read it.
    pub expected_version: Option<i32>,
    /// Which theme of its framework.
    pub theme_key: String,
    /// The level, 1 for the lowest.
    pub level: i32,
    /// What speaks for it, if they say.
    pub evidence: String,
}

/// Begins a self-assessment by the programme's latest framework.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn start(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    enrolment_id: Uuid,
) -> Result<self_assessment::Model, StoreError> {
    let pair = partnership(txn, scope, enrolment_id).await?;
    require_own(scope, &pair, "enrolmentId")?;
    let last = self_assessment::Entity::find()
        .filter(self_assessment::Column::EnrolmentId.eq(enrolment_id))
        .order_by_desc(self_assessment::Column::Number)
        .one(txn)
        .await?;
    if last.as_ref().is_some_and(|last| last.state == text(SelfAssessmentState::Draft)) {
        let message = "A self-assessment is under way; complete it first.";
        return refused(RefusalCode::Conflict, "enrolmentId", message);
    }
    let Some(framework) = frameworks::latest(txn, pair.enrolment.programme_id).await? else {
        let message = "This programme has no self-assessment.";
        return refused(RefusalCode::Conflict, "enrolmentId", message);
    };
    let row = self_assessment::Model {
        id: new_id(now),
        enrolment_id,
        framework_id: framework.id,
        number: last.map_or(1, |last| last.number + 1),
        state: text(SelfAssessmentState::Draft),
        completed_on: None,
        completed_by: None,
        version: 1,
        created_at: now,
        changed_at: now,
    };
    let active = row.clone().into_active_model();
    self_assessment::Entity::insert(active).exec_without_returning(txn).await?;
    Ok(row)
}

/// Rates one theme of a draft, in place of an earlier rating of it.
///
/// # Errors
/// A refusal, or a database fault.
pub async fn rate(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    wish: Rating,
) -> Result<self_assessment::Model, StoreError> {
    let held = hold(txn, scope, wish.self_assessment_id, wish.expected_version).await?;
    check_text("evidence", &wish.evidence, false)?;
    check_rating(&held.themes, &wish.theme_key, wish.level).map_err(|fault| {
        let field = match fault {
            rules::plans::RatingFault::Theme(_) => "themeKey",
            rules::plans::RatingFault::Level(_) => "level",
        };
        StoreError::refused(RefusalCode::Invalid, Some(field), fault.to_string())
    })?;
    let old = self_assessment_rating::Entity::find()
        .filter(self_assessment_rating::Column::SelfAssessmentId.eq(held.row.id))
        .filter(self_assessment_rating::Column::ThemeKey.eq(&wish.theme_key))
        .one(txn)
        .await?;
    let evidence = wish.evidence.trim();
    let wanted = self_assessment_rating::Model {
        id: old.as_ref().map_or_else(|| new_id(now), |old| old.id),
        self_assessment_id: held.row.id,
        theme_key: wish.theme_key,
        level: wish.level,
        evidence: (!evidence.is_empty()).then(|| evidence.to_owned()),
        changed_at: now,
    };
    put(txn, old.as_ref(), wanted).await?;
    change(txn, now, held.row).await
}

/// Completes a draft in which every theme is rated. It meets the obligation.
///
/// # Errors
/// A refusal that names the themes not rated yet, or another, or a database fault.
pub async fn complete(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
) -> Result<self_assessment::Model, StoreError> {
    let held = hold(txn, scope, id, expected_version).await?;
    let rated: Vec<String> = self_assessment_rating::Entity::find()
        .select_only()
        .column(self_assessment_rating::Column::ThemeKey)
        .filter(self_assessment_rating::Column::SelfAssessmentId.eq(id))
        .into_tuple()
        .all(txn)
        .await?;
    let rated: Vec<&str> = rated.iter().map(String::as_str).collect();
    let titles: Vec<&str> =
        unrated(&held.themes, &rated).into_iter().map(|theme| theme.title.as_str()).collect();
    if !titles.is_empty() {
        let message = format!("Rate every theme first; not rated yet: {}.", titles.join("; "));
        return refused(RefusalCode::Conflict, "selfAssessmentId", &message);
    }
    let row = self_assessment::Model {
        state: text(SelfAssessmentState::Completed),
        completed_on: Some(local(now).date()),
        completed_by: by,
        ..held.row
    };
    let row = change(txn, now, row).await?;
    settle_enrolment(txn, now, row.enrolment_id).await?;
    Ok(row)
}

struct Held {
    row: self_assessment::Model,
    themes: Vec<Theme>,
}

/// A draft that the caller may see and write.
async fn hold(
    txn: &DatabaseTransaction,
    scope: &Scope,
    id: Uuid,
    expected_version: Option<i32>,
) -> Result<Held, StoreError> {
    let field = "selfAssessmentId";
    let missing = || {
        let message = "There is no such self-assessment.";
        StoreError::refused(RefusalCode::NotFound, Some(field), message)
    };
    let seen = self_assessment::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.self_assessments()))
        .one(txn)
        .await?
        .ok_or_else(missing)?;
    let pair = partnership(txn, scope, seen.enrolment_id).await?;
    require_own(scope, &pair, field)?;
    // Read again: it may have changed while we waited for the lock.
    let row = self_assessment::Entity::find_by_id(id).one(txn).await?.ok_or_else(missing)?;
    check_version(row.version, expected_version)?;
    if row.state != text(SelfAssessmentState::Draft) {
        let message = "This self-assessment is completed; begin another.";
        return refused(RefusalCode::Conflict, field, message);
    }
    let framework =
        self_assessment_framework::Entity::find_by_id(row.framework_id).one(txn).await?;
    let themes = framework.as_ref().map_or(Ok(Vec::new()), frameworks::themes)?;
    Ok(Held { row, themes })
}

/// A self-assessment is the partner's own: its lead reads it and does not write it.
fn require_own(scope: &Scope, pair: &Partnership, field: &'static str) -> Result<(), StoreError> {
    let admin = match scope {
        Scope::System => true,
        Scope::Viewer(viewer) => viewer.admin,
    };
    let message = "A self-assessment is the partner's own: its side writes it.";
    require(admin || pair.party == Party::Partner, field, message)
}

async fn change(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    row: self_assessment::Model,
) -> Result<self_assessment::Model, StoreError> {
    let row = self_assessment::Model { version: row.version + 1, changed_at: now, ..row };
    Ok(row.into_active_model().reset_all().update(txn).await?)
}

fn text(state: SelfAssessmentState) -> String {
    <&str>::from(state).to_owned()
}
