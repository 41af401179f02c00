//! What can be done to self-assessments.

use async_graphql::{Context, ID, InputObject, Object};
use entity::outcome::StoreError;
use entity::plans::self_assessment;
use entity::plans::self_assessments::{self, Rating};
use sea_orm::DatabaseTransaction;

use super::payloads::SelfAssessmentPayload;
use crate::act::{Acting, Answered, row};

/// Who assesses itself.
#[derive(InputObject)]
pub struct SelfAssessmentStartInput {
    /// The partner's enrolment.
    enrolment_id: ID,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// How a partner sees itself in one theme.
#[derive(InputObject)]
pub struct SelfAssessmentRateInput {
    /// The self-assessment, a draft.
    self_assessment_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    expected_version: Option<i32>,
    /// Key of the theme within its framework.
    theme_key: String,
    /// The level, 1 for the lowest of the theme.
    level: i32,
    /// What speaks for it.
    #[graphql(default)]
    evidence: String,
}

/// Which self-assessment is complete.
#[derive(InputObject)]
pub struct SelfAssessmentCompleteInput {
    /// The self-assessment, a draft with every theme rated.
    self_assessment_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    expected_version: Option<i32>,
}

/// Mutations of self-assessments.
#[derive(Debug, Default)]
pub struct SelfAssessmentMutations;

#[Object]
impl SelfAssessmentMutations {
    /// Begins a self-assessment by the programme's framework. For the partner's side and admins.
    async fn self_assessment_start(
        &self,
        context: &Context<'_>,
        input: SelfAssessmentStartInput,
    ) -> Answered<SelfAssessmentPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, start(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Rates one theme, in place of an earlier rating of it. For the partner's side and admins.
    async fn self_assessment_rate(
        &self,
        context: &Context<'_>,
        input: SelfAssessmentRateInput,
    ) -> Answered<SelfAssessmentPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, rate(&txn, acting, input)).await;
        acting.answer(txn, outcome).await
    }

    /// Completes a self-assessment in which every theme is rated, which meets the obligation. For the
    /// partner's side and admins.
    async fn self_assessment_complete(
        &self,
        context: &Context<'_>,
        input: SelfAssessmentCompleteInput,
    ) -> Answered<SelfAssessmentPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, complete(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }
}

async fn start(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &SelfAssessmentStartInput,
) -> Result<self_assessment::Model, StoreError> {
    let enrolment = row("Enrolment", "enrolmentId", &input.enrolment_id)?;
    self_assessments::start(txn, &acting.scope, acting.now, enrolment).await
}

async fn rate(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: SelfAssessmentRateInput,
) -> Result<self_assessment::Model, StoreError> {
    let wish = Rating {
        self_assessment_id: row("SelfAssessment", "selfAssessmentId", &input.self_assessment_id)?,
        expected_version: input.expected_version,
        theme_key: input.theme_key,
        level: input.level,
        evidence: input.evidence,
    };
    self_assessments::rate(txn, &acting.scope, acting.now, wish).await
}

async fn complete(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &SelfAssessmentCompleteInput,
) -> Result<self_assessment::Model, StoreError> {
    let id = row("SelfAssessment", "selfAssessmentId", &input.self_assessment_id)?;
    let version = input.expected_version;
    self_assessments::complete(txn, &acting.scope, acting.by(), acting.now, id, version).await
}
