//! What programme admins do to jobs, mail lanes and failed messages.

use async_graphql::{Context, ID, InputObject, Object};
use entity::messages::message;
use entity::operations::pauses::{self, What};
use entity::operations::{pause, replays};
use entity::outcome::StoreError;
use sea_orm::DatabaseTransaction;

use crate::act::{Acting, Answered, Moment, payloads, row};

payloads! {
    "What became of a pause."
    PausePayload {
        /// The pause as it stands now; null if nothing was done.
        pause: pause as "Pause"
    }
    "What became of sending a message anew."
    MessageReplayPayload {
        /// The new message; null if nothing was done.
        message: message as "Message"
    }
}

/// Which job you pause, and why.
#[derive(InputObject)]
pub struct JobPauseInput {
    /// The job.
    job_id: ID,
    /// Why, for whoever wonders why nothing happens.
    why: String,
    /// When it is to go on by itself; without it, once somebody resumes it.
    until: Option<Moment>,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// Which mail lane you pause, and why.
#[derive(InputObject)]
pub struct MailLanePauseInput {
    /// The mail lane.
    mail_lane_id: ID,
    /// Why, for whoever wonders why nothing goes out.
    why: String,
    /// When it is to go on by itself; without it, once somebody resumes it.
    until: Option<Moment>,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// Which pause you end, and why.
#[derive(InputObject)]
pub struct ResumeInput {
    /// The pause.
    pause_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    expected_version: Option<i32>,
    /// Why, for whoever looks later.
    why: String,
}

/// Which message you send anew, and why.
#[derive(InputObject)]
pub struct MessageReplayInput {
    /// A message that was rejected, held or expired.
    message_id: ID,
    /// Why, for whoever reads its story.
    why: String,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// Mutations of this area.
#[derive(Debug, Default)]
pub struct OperationMutations;

#[Object]
impl OperationMutations {
    /// Lets a job of the worker stand still: its moments pass, as paused and not as missed, until it
    /// is resumed. For programme admins.
    async fn job_pause(
        &self,
        context: &Context<'_>,
        input: JobPauseInput,
    ) -> Answered<PausePayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, pause_job(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Lets a paused job go on, at its next moment. For programme admins.
    async fn job_resume(
        &self,
        context: &Context<'_>,
        input: ResumeInput,
    ) -> Answered<PausePayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, resume(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Lets a lane of mail stand still: nothing in it goes out until it is resumed, and what loses
    /// its meaning meanwhile expires. For programme admins.
    async fn mail_lane_pause(
        &self,
        context: &Context<'_>,
        input: MailLanePauseInput,
    ) -> Answered<PausePayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, pause_lane(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Lets a paused lane of mail go on: what waited goes out if it is still wanted. For programme
    /// admins.
    async fn mail_lane_resume(
        &self,
        context: &Context<'_>,
        input: ResumeInput,
    ) -> Answered<PausePayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, resume(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Sends anew, as a message of its own, one that was rejected, held or expired, if it is still
    /// wanted. Each message can be sent anew once. For programme admins.
    async fn message_replay(
        &self,
        context: &Context<'_>,
        input: MessageReplayInput,
    ) -> Answered<MessageReplayPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, replay(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }
}

async fn pause_job(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &JobPauseInput,
) -> Result<pause::Model, StoreError> {
    let what = What::Job(row("Job", "jobId", &input.job_id)?);
    stand_still(txn, acting, what, &input.why, input.until.as_ref()).await
}

async fn pause_lane(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &MailLanePauseInput,
) -> Result<pause::Model, StoreError> {
    let what = What::MailLane(row("MailLane", "mailLaneId", &input.mail_lane_id)?);
    stand_still(txn, acting, what, &input.why, input.until.as_ref()).await
}

async fn stand_still(
    txn: &DatabaseTransaction,
    acting: &Acting,
    what: What,
    why: &str,
    until: Option<&Moment>,
) -> Result<pause::Model, StoreError> {
    let until = until.map(|until| until.0);
    pauses::pause(txn, &acting.scope, acting.by(), acting.now, what, why, until).await
}

async fn resume(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &ResumeInput,
) -> Result<pause::Model, StoreError> {
    let id = row("Pause", "pauseId", &input.pause_id)?;
    let (by, version) = (acting.by(), input.expected_version);
    pauses::resume(txn, &acting.scope, by, acting.now, id, version, &input.why).await
}

async fn replay(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &MessageReplayInput,
) -> Result<message::Model, StoreError> {
    let id = row("Message", "messageId", &input.message_id)?;
    replays::replay(txn, &acting.scope, acting.by(), acting.now, id, &input.why).await
}
