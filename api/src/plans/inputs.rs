//! What mutations of plans take.

use async_graphql::{ID, InputObject};
use entity::plans::actions::ActionWish;
use entity::plans::objectives::ObjectiveWish;
use entity::plans::reviews::ReviewWish;
use rules::plans::{ActionState, ObjectiveState, ReviewKind};
use rules::visits::Party;

use crate::act::Date;
use crate::read::registry::Shown;

/// For whom a plan begins, and what it is to achieve.
#[derive(InputObject)]
pub struct PlanStartInput {
    /// The partner's enrolment.
    pub enrolment_id: ID,
    /// What it is to achieve.
    pub summary: String,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    pub idempotency_key: Option<String>,
}

/// What a draft is to achieve instead.
#[derive(InputObject)]
pub struct PlanEditInput {
    /// The plan.
    pub plan_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub expected_version: Option<i32>,
    /// What it is to achieve.
    pub summary: String,
}

/// Which plan you agree to.
#[derive(InputObject)]
pub struct PlanAgreeInput {
    /// The plan.
    pub plan_id: ID,
    /// Its version when you read it, since you agree to what you read: if anything in it changed
    /// since, nothing is done.
    pub expected_version: i32,
}

/// What an objective says.
#[derive(InputObject)]
pub struct ObjectiveInput {
    /// Key of the theme of the self-assessment it comes from, if one.
    theme_key: Option<String>,
    /// What is to be different.
    title: String,
    /// How one will know.
    success_measure: String,
}

impl From<ObjectiveInput> for ObjectiveWish {
    fn from(input: ObjectiveInput) -> Self {
        Self {
            theme_key: input.theme_key,
            title: input.title,
            success_measure: input.success_measure,
        }
    }
}

/// Which plan gets which objective.
#[derive(InputObject)]
pub struct ObjectiveAddInput {
    /// The plan, a draft.
    pub plan_id: ID,
    /// The objective; it comes last.
    pub objective: ObjectiveInput,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    pub idempotency_key: Option<String>,
}

/// What an objective says instead.
#[derive(InputObject)]
pub struct ObjectiveEditInput {
    /// The objective, of a draft.
    pub objective_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub expected_version: Option<i32>,
    /// What it says.
    pub objective: ObjectiveInput,
}

/// Where an objective stands.
#[derive(InputObject)]
pub struct ObjectiveSetStateInput {
    /// The objective.
    pub objective_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub expected_version: Option<i32>,
    /// Where it stands.
    pub state: Shown<ObjectiveState>,
}

/// What is to be done, by whom and by when.
#[derive(InputObject)]
pub struct AgreedActionInput {
    /// What is to be done.
    title: String,
    /// The side that does it.
    owner_party: Shown<Party>,
    /// Who does it.
    owner_name: String,
    /// Day by the end of which, in London.
    due_on: Date,
}

impl From<AgreedActionInput> for ActionWish {
    fn from(input: AgreedActionInput) -> Self {
        Self {
            title: input.title,
            owner_party: input.owner_party.0,
            owner_name: input.owner_name,
            due_on: input.due_on.0,
        }
    }
}

/// Which objective gets which action.
#[derive(InputObject)]
pub struct AgreedActionAddInput {
    /// The objective, of a draft.
    pub objective_id: ID,
    /// The action.
    pub action: AgreedActionInput,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    pub idempotency_key: Option<String>,
}

/// What an action says instead.
#[derive(InputObject)]
pub struct AgreedActionEditInput {
    /// The agreed action, of a draft or of a visit.
    pub agreed_action_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub expected_version: Option<i32>,
    /// What it says.
    pub action: AgreedActionInput,
}

/// Where an action stands.
#[derive(InputObject)]
pub struct AgreedActionSetStateInput {
    /// The agreed action.
    pub agreed_action_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub expected_version: Option<i32>,
    /// Where it stands.
    pub state: Shown<ActionState>,
    /// Day on which it was done, if it is; today, when absent.
    pub done_on: Option<Date>,
}

/// What a review says.
#[derive(InputObject)]
pub struct ReviewInput {
    /// Day on which it was held, in London.
    held_on: Date,
    /// What was found.
    summary: String,
    /// What follows.
    next_steps: String,
}

impl From<ReviewInput> for ReviewWish {
    fn from(input: ReviewInput) -> Self {
        Self { held_on: input.held_on.0, summary: input.summary, next_steps: input.next_steps }
    }
}

/// Which partner was reviewed, and what came out.
#[derive(InputObject)]
pub struct ReviewRecordInput {
    /// The partner's enrolment.
    pub enrolment_id: ID,
    /// Kind of review.
    pub kind: Shown<ReviewKind>,
    /// The review.
    pub review: ReviewInput,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    pub idempotency_key: Option<String>,
}

/// What a review says in truth.
#[derive(InputObject)]
pub struct ReviewCorrectInput {
    /// The review.
    pub review_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub expected_version: Option<i32>,
    /// What it says.
    pub review: ReviewInput,
}
