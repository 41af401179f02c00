//! What can be done to plans and reviews.

use async_graphql::{Context, Object};
use entity::outcome::StoreError;
use entity::plans::{
    actions, agreed_action, drafting, objective, objectives, plan, review, reviews,
};
use sea_orm::DatabaseTransaction;

use super::inputs::{
    AgreedActionAddInput, AgreedActionEditInput, AgreedActionSetStateInput, ObjectiveAddInput,
    ObjectiveEditInput, ObjectiveSetStateInput, PlanAgreeInput, PlanEditInput, PlanStartInput,
    ReviewCorrectInput, ReviewRecordInput,
};
use super::payloads::{AgreedActionPayload, ObjectivePayload, PlanPayload, ReviewPayload};
use crate::act::{Acting, Answered, row};

/// Mutations of plans and reviews.
#[derive(Debug, Default)]
pub struct PlanMutations;

#[Object]
impl PlanMutations {
    /// Begins a plan of the kind that the pathway asks for, for either side to write. A plan agreed
    /// before holds until this one is agreed.
    async fn plan_start(
        &self,
        context: &Context<'_>,
        input: PlanStartInput,
    ) -> Answered<PlanPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, plan_start(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Changes what a draft is to achieve. Whoever had agreed agrees anew.
    async fn plan_edit(
        &self,
        context: &Context<'_>,
        input: PlanEditInput,
    ) -> Answered<PlanPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, plan_edit(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Agrees to a draft for your side. An action plan needs the partner's agreement, an
    /// improvement plan both sides'; then it holds, meets the obligation, and takes the place of
    /// the version before.
    async fn plan_agree(
        &self,
        context: &Context<'_>,
        input: PlanAgreeInput,
    ) -> Answered<PlanPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, plan_agree(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Adds an objective to a draft.
    async fn objective_add(
        &self,
        context: &Context<'_>,
        input: ObjectiveAddInput,
    ) -> Answered<ObjectivePayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, objective_add(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Changes what an objective of a draft says.
    async fn objective_edit(
        &self,
        context: &Context<'_>,
        input: ObjectiveEditInput,
    ) -> Answered<ObjectivePayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, objective_edit(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Says where an objective stands. `ACHIEVED` is for plans that are agreed.
    async fn objective_set_state(
        &self,
        context: &Context<'_>,
        input: ObjectiveSetStateInput,
    ) -> Answered<ObjectivePayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, objective_set_state(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Adds an action to an objective of a draft.
    async fn agreed_action_add(
        &self,
        context: &Context<'_>,
        input: AgreedActionAddInput,
    ) -> Answered<AgreedActionPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, agreed_action_add(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Changes what an action says, of a draft or of a visit.
    async fn agreed_action_edit(
        &self,
        context: &Context<'_>,
        input: AgreedActionEditInput,
    ) -> Answered<AgreedActionPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, agreed_action_edit(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Says where an action stands: done, dropped or open again.
    async fn agreed_action_set_state(
        &self,
        context: &Context<'_>,
        input: AgreedActionSetStateInput,
    ) -> Answered<AgreedActionPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, agreed_action_set_state(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Records a review of progress, or the final one, which meets the obligation. For the lead's
    /// side.
    async fn review_record(
        &self,
        context: &Context<'_>,
        input: ReviewRecordInput,
    ) -> Answered<ReviewPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, review_record(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Puts right what was recorded of a review; what is owed follows. For the lead's side.
    async fn review_correct(
        &self,
        context: &Context<'_>,
        input: ReviewCorrectInput,
    ) -> Answered<ReviewPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, review_correct(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }
}

async fn plan_start(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: PlanStartInput,
) -> Result<plan::Model, StoreError> {
    let enrolment = row("Enrolment", "enrolmentId", &input.enrolment_id)?;
    drafting::start(txn, &acting.scope, acting.now, enrolment, &input.summary).await
}

async fn plan_edit(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: PlanEditInput,
) -> Result<plan::Model, StoreError> {
    let id = row("Plan", "planId", &input.plan_id)?;
    let version = input.expected_version;
    drafting::edit(txn, &acting.scope, acting.now, id, version, &input.summary).await
}

async fn plan_agree(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: PlanAgreeInput,
) -> Result<plan::Model, StoreError> {
    let id = row("Plan", "planId", &input.plan_id)?;
    drafting::agree(txn, &acting.scope, acting.now, id, Some(input.expected_version)).await
}

async fn objective_add(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: ObjectiveAddInput,
) -> Result<objective::Model, StoreError> {
    let id = row("Plan", "planId", &input.plan_id)?;
    objectives::add(txn, &acting.scope, acting.now, id, input.objective.into()).await
}

async fn objective_edit(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: ObjectiveEditInput,
) -> Result<objective::Model, StoreError> {
    let id = row("Objective", "objectiveId", &input.objective_id)?;
    let version = input.expected_version;
    let wish = input.objective.into();
    objectives::edit(txn, &acting.scope, acting.now, id, version, wish).await
}

async fn objective_set_state(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: ObjectiveSetStateInput,
) -> Result<objective::Model, StoreError> {
    let id = row("Objective", "objectiveId", &input.objective_id)?;
    let version = input.expected_version;
    objectives::set_state(txn, &acting.scope, acting.now, id, version, input.state.0).await
}

async fn agreed_action_add(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: AgreedActionAddInput,
) -> Result<agreed_action::Model, StoreError> {
    let id = row("Objective", "objectiveId", &input.objective_id)?;
    actions::add(txn, &acting.scope, acting.now, id, input.action.into()).await
}

async fn agreed_action_edit(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: AgreedActionEditInput,
) -> Result<agreed_action::Model, StoreError> {
    let id = row("AgreedAction", "agreedActionId", &input.agreed_action_id)?;
    let version = input.expected_version;
    actions::edit(txn, &acting.scope, acting.now, id, version, input.action.into()).await
}

async fn agreed_action_set_state(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: AgreedActionSetStateInput,
) -> Result<agreed_action::Model, StoreError> {
    let id = row("AgreedAction", "agreedActionId", &input.agreed_action_id)?;
    let (version, state) = (input.expected_version, input.state.0);
    let done_on = input.done_on.map(|day| day.0);
    actions::set_state(txn, &acting.scope, acting.now, id, version, state, done_on).await
}

async fn review_record(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: ReviewRecordInput,
) -> Result<review::Model, StoreError> {
    let enrolment = row("Enrolment", "enrolmentId", &input.enrolment_id)?;
    let (by, kind, wish) = (acting.by(), input.kind.0, input.review.into());
    reviews::record(txn, &acting.scope, by, acting.now, enrolment, kind, wish).await
}

async fn review_correct(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: ReviewCorrectInput,
) -> Result<review::Model, StoreError> {
    let id = row("Review", "reviewId", &input.review_id)?;
    let (by, version, wish) = (acting.by(), input.expected_version, input.review.into());
    reviews::correct(txn, &acting.scope, by, acting.now, id, version, wish).await
}
