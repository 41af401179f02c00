//! The demo's self-assessments, plans and reviews: those that met what was owed, and drafts.

use anyhow::Context as _;
use chrono::{DateTime, Days, NaiveDate, Utc};
use entity::enrolments::{enrolment, obligation};
use entity::plans::actions::{self, ActionWish};
use entity::plans::objectives::{self, ObjectiveWish};
use entity::plans::reviews::{self, ReviewWish};
use entity::plans::self_assessments::{self, Rating};
use entity::plans::{drafting, frameworks, plan, self_assessment, self_assessment_framework};
use rules::commitments::CommitmentKind;
use rules::plans::ReviewKind;
use rules::visits::Party;
use sea_orm::{DatabaseTransaction, EntityTrait as _};

use super::visits::{Sides, at, by, sides, sides_of_school};

/// Partners whose self-assessment is late: begun and left.
const BEGUN: [i32; 2] = [900_011, 900_032];

/// Meets what is owed by a self-assessment, a plan or a review; false, if it is nothing of the kind.
pub(super) async fn perform(
    txn: &DatabaseTransaction,
    done_on: NaiveDate,
    owed: &obligation::Model,
) -> anyhow::Result<bool> {
    let (Ok(kind), Some(enrolment_id)) = (owed.kind.parse(), owed.enrolment_id) else {
        return Ok(false);
    };
    let now = at(done_on, 17);
    let enrolled = async || {
        let row = enrolment::Entity::find_by_id(enrolment_id).one(txn).await?;
        sides(txn, row.context("an obligation's enrolment")?).await
    };
    match kind {
        CommitmentKind::SelfAssessment => {
            let sides = enrolled().await?;
            let begun = assess(txn, &sides, now, usize::MAX).await?;
            let by = by(&sides.partner);
            self_assessments::complete(txn, &sides.partner, by, now, begun.id, None).await?;
        }
        CommitmentKind::ActionPlan | CommitmentKind::ImprovementPlan => {
            let sides = enrolled().await?;
            let plan = write(txn, &sides, now).await?;
            if kind == CommitmentKind::ImprovementPlan {
                drafting::agree(txn, &sides.hub, now, plan.id, None).await?;
            }
            drafting::agree(txn, &sides.partner, now, plan.id, None).await?;
        }
        CommitmentKind::ProgressReview | CommitmentKind::FinalReview => {
            let sides = enrolled().await?;
            let kind = match kind {
                CommitmentKind::FinalReview => ReviewKind::Final,
                _ => ReviewKind::Progress,
            };
            let wish = ReviewWish {
                held_on: done_on,
                summary: "Mornings are calmer, and fewer pupils come late.".to_owned(),
                next_steps: "The same for the time after lunch.".to_owned(),
            };
            let id = sides.enrolment.id;
            reviews::record(txn, &sides.hub, by(&sides.hub), now, id, kind, wish).await?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Tells what is under way this autumn: self-assessments begun and left, and an improvement plan that
/// the partner has agreed to and its lead has not yet.
pub(super) async fn tell(txn: &DatabaseTransaction) -> anyhow::Result<()> {
    let on = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap_or_default();
    for urn in BEGUN {
        let sides = sides_of_school(txn, urn).await?;
        assess(txn, &sides, at(on(9, 21), 16), 3).await?;
    }
    let sides = sides_of_school(txn, 900_023).await?;
    let plan = write(txn, &sides, at(on(9, 29), 16)).await?;
    drafting::agree(txn, &sides.partner, at(on(10, 2), 10), plan.id, None).await?;
    Ok(())
}

/// Begins a self-assessment and rates its first themes.
async fn assess(
    txn: &DatabaseTransaction,
    sides: &Sides,
    now: DateTime<Utc>,
    themes: usize,
) -> anyhow::Result<self_assessment::Model> {
    let begun = self_assessments::start(txn, &sides.partner, now, sides.enrolment.id).await?;
    let framework =
        self_assessment_framework::Entity::find_by_id(begun.framework_id).one(txn).await?;
    let framework = framework.context("the framework of a self-assessment")?;
    let all = frameworks::themes(&framework)?;
    // Some strengths and some weaknesses, others for each partner.
    let levels = sides.enrolment.id.as_bytes().iter().rev().map(|byte| i32::from(byte % 3) + 1);
    for (theme, level) in all.iter().zip(levels).take(themes) {
        let wish = Rating {
            self_assessment_id: begun.id,
            expected_version: None,
            theme_key: theme.key.clone(),
            level,
            evidence: String::new(),
        };
        self_assessments::rate(txn, &sides.partner, now, wish).await?;
    }
    Ok(begun)
}

/// Writes a plan with one objective and an action of each side.
async fn write(
    txn: &DatabaseTransaction,
    sides: &Sides,
    now: DateTime<Utc>,
) -> anyhow::Result<plan::Model> {
    let summary = "Calm starts to the day, and everybody in lessons on time.";
    let id = sides.enrolment.id;
    let plan = drafting::start(txn, &sides.partner, now, id, summary).await?;
    let wish = ObjectiveWish {
        theme_key: Some("systems-and-routines".to_owned()),
        title: "Every lesson begins on time".to_owned(),
        success_measure: "Late arrivals are halved by the end of the next term.".to_owned(),
    };
    let objective = objectives::add(txn, &sides.partner, now, plan.id, wish).await?;
    let due_on = now.date_naive() + Days::new(56);
    for (owner_party, owner_name, title) in [
        (Party::Partner, "The behaviour lead", "Teach the routine for arrival to every year group"),
        (Party::Hub, "The hub's lead", "Show two colleagues how the lead school begins its day"),
    ] {
        let owner_name = owner_name.to_owned();
        let wish = ActionWish { title: title.to_owned(), owner_party, owner_name, due_on };
        actions::add(txn, &sides.partner, now, objective.id, wish).await?;
    }
    Ok(plan)
}
