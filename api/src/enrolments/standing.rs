//! Pausing enrolments and taking them up again.

use async_graphql::{Context, ID, InputObject, Object};
use entity::enrolments::{self, enrolment};
use entity::outcome::StoreError;
use sea_orm::DatabaseTransaction;

use super::mutations::EnrolmentPayload;
use crate::act::{Acting, Answered, row};

/// Which enrolment is put on hold, and why.
#[derive(InputObject)]
pub struct EnrolmentPauseInput {
    /// The enrolment.
    enrolment_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    expected_version: Option<i32>,
    /// Why, for its history.
    reason: String,
}

/// Which enrolment is taken up again, and why.
#[derive(InputObject)]
pub struct EnrolmentResumeInput {
    /// The enrolment.
    enrolment_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    expected_version: Option<i32>,
    /// Why, for its history.
    reason: String,
}

/// Mutations of how an enrolment stands.
#[derive(Debug, Default)]
pub struct StandingMutations;

#[Object]
impl StandingMutations {
    /// Puts an enrolment on hold: nothing is reminded about or flagged until it is resumed. Due
    /// days stay as they are. For the hub's lead, its regional lead and programme admins.
    async fn enrolment_pause(
        &self,
        context: &Context<'_>,
        input: EnrolmentPauseInput,
    ) -> Answered<EnrolmentPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, pause(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Takes an enrolment up again after a pause.
    async fn enrolment_resume(
        &self,
        context: &Context<'_>,
        input: EnrolmentResumeInput,
    ) -> Answered<EnrolmentPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, resume(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }
}

async fn pause(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &EnrolmentPauseInput,
) -> Result<enrolment::Model, StoreError> {
    let id = row("Enrolment", "enrolmentId", &input.enrolment_id)?;
    let (version, reason) = (input.expected_version, &input.reason);
    enrolments::pause(txn, &acting.scope, acting.by(), acting.now, id, version, reason).await
}

async fn resume(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &EnrolmentResumeInput,
) -> Result<enrolment::Model, StoreError> {
    let id = row("Enrolment", "enrolmentId", &input.enrolment_id)?;
    let (version, reason) = (input.expected_version, &input.reason);
    enrolments::resume(txn, &acting.scope, acting.by(), acting.now, id, version, reason).await
}
