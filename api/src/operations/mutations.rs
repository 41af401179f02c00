//! What programme admins do to jobs, mail lanes and failed messages.

use async_graphql::{Context, ID, InputObject, Object};
use entity::messages::message;
use entity::operations::pauses::{self, Kind, What};
use entity::operations::{pause, replays, settlements};
use entity::outcome::StoreError;
use rules::lanes::Settlement;
use sea_orm::DatabaseTransaction;

use crate::act::{Acting, Answered, Moment, payloads, row};
use crate::read::map::Vocabulary;
use crate::read::registry::Shown;

payloads! {
    "What became of a pause."
    PausePayload {
        /// The pause as it stands now; null if nothing was done.
        pause: pause as "Pause"
    }
    "What became of a message."
    MessagePayload {
        /// The message as it stands now, or the new one that is sent in its place; null if nothing was
        /// done.
        message: message as "Message"
    }
}

/// Which job you pause, and why.
#[derive(InputObject)]
pub struct JobPauseInput {
    /// The job.
    job_id: ID,
    /// Why, for whoever wonders why nothing happens: whoever sees what waits for it is told.
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
    /// Why, for whoever wonders why nothing goes out: whoever sees what waits for it is told.
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

/// Which held message you settle, and how.
#[derive(InputObject)]
pub struct MessageSettleInput {
    /// A message that is held.
    message_id: ID,
    /// Whether it arrived, or is let be.
    outcome: Shown<Settlement>,
    /// How you know, or why it is let be, for whoever reads its story.
    why: String,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

impl Vocabulary for Settlement {
    const NAME: &'static str = "MessageSettlement";
    const ABOUT: &'static str =
        "What a person says of a message of which nobody knew whether it arrived.";
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
        let what = row("Job", "jobId", &input.job_id).map(What::Job);
        stand_still(context, what, &input.why, input.until).await
    }

    /// Lets a paused job go on, at its next moment. For programme admins.
    async fn job_resume(
        &self,
        context: &Context<'_>,
        input: ResumeInput,
    ) -> Answered<PausePayload> {
        go_on(context, Kind::Job, &input).await
    }

    /// Lets a lane of mail stand still: nothing in it goes out until it is resumed, and what loses
    /// its meaning meanwhile expires. For programme admins.
    async fn mail_lane_pause(
        &self,
        context: &Context<'_>,
        input: MailLanePauseInput,
    ) -> Answered<PausePayload> {
        let what = row("MailLane", "mailLaneId", &input.mail_lane_id).map(What::MailLane);
        stand_still(context, what, &input.why, input.until).await
    }

    /// Lets a paused lane of mail go on: what waited goes out if it is still wanted. For programme
    /// admins.
    async fn mail_lane_resume(
        &self,
        context: &Context<'_>,
        input: ResumeInput,
    ) -> Answered<PausePayload> {
        go_on(context, Kind::MailLane, &input).await
    }

    /// Sends anew, as a message of its own, one that was rejected, held or expired, if it is still
    /// wanted. Each message can be sent anew once. For programme admins.
    async fn message_replay(
        &self,
        context: &Context<'_>,
        input: MessageReplayInput,
    ) -> Answered<MessagePayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, replay(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Settles a message that is held, since its hand-over was cut off twice and nobody knew whether it
    /// arrived: it did, or it is let be. Nothing is sent; `messageReplay` sends it anew. For programme
    /// admins.
    async fn message_settle(
        &self,
        context: &Context<'_>,
        input: MessageSettleInput,
    ) -> Answered<MessagePayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, settle(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }
}

/// Pauses a job or a mail lane.
async fn stand_still(
    context: &Context<'_>,
    what: Result<What, StoreError>,
    why: &str,
    until: Option<Moment>,
) -> Answered<PausePayload> {
    let acting = Acting::of(context)?;
    let txn = acting.begin().await?;
    let (scope, by, until) = (&acting.scope, acting.by(), until.map(|until| until.0));
    let pausing = async { pauses::pause(&txn, scope, by, acting.now, what?, why, until).await };
    let outcome = acting.carry_out(&txn, pausing).await;
    acting.answer(txn, outcome).await
}

/// Ends a pause of something of this kind.
async fn go_on(context: &Context<'_>, of: Kind, input: &ResumeInput) -> Answered<PausePayload> {
    let acting = Acting::of(context)?;
    let txn = acting.begin().await?;
    let (scope, by, version) = (&acting.scope, acting.by(), input.expected_version);
    let resuming = async {
        let id = row("Pause", "pauseId", &input.pause_id)?;
        pauses::resume(&txn, scope, by, acting.now, (of, id), version, &input.why).await
    };
    let outcome = acting.carry_out(&txn, resuming).await;
    acting.answer(txn, outcome).await
}

async fn replay(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &MessageReplayInput,
) -> Result<message::Model, StoreError> {
    let id = row("Message", "messageId", &input.message_id)?;
    replays::replay(txn, &acting.scope, acting.by(), acting.now, id, &input.why).await
}

async fn settle(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &MessageSettleInput,
) -> Result<message::Model, StoreError> {
    let id = row("Message", "messageId", &input.message_id)?;
    let (scope, now, outcome) = (&acting.scope, acting.now, input.outcome.0);
    settlements::settle(txn, scope, now, id, outcome, &input.why).await
}
