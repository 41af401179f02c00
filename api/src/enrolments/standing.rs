//! Pausing enrolments and taking them up again.

use async_graphql::{Context, ID, InputObject, Object};
use entity::enrolments::{pause, resume};

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
        let outcome = match row("Enrolment", "enrolmentId", &input.enrolment_id) {
            Ok(id) => {
                let EnrolmentPauseInput { expected_version, reason, .. } = &input;
                let (scope, by, now) = (&acting.scope, acting.by(), acting.now);
                pause(&txn, scope, by, now, id, *expected_version, reason).await
            }
            Err(refused) => Err(refused),
        };
        Ok(Some(acting.end(txn, outcome).await?.into()))
    }

    /// Takes an enrolment up again after a pause.
    async fn enrolment_resume(
        &self,
        context: &Context<'_>,
        input: EnrolmentResumeInput,
    ) -> Answered<EnrolmentPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = match row("Enrolment", "enrolmentId", &input.enrolment_id) {
            Ok(id) => {
                let EnrolmentResumeInput { expected_version, reason, .. } = &input;
                let (scope, by, now) = (&acting.scope, acting.by(), acting.now);
                resume(&txn, scope, by, now, id, *expected_version, reason).await
            }
            Err(refused) => Err(refused),
        };
        Ok(Some(acting.end(txn, outcome).await?.into()))
    }
}
