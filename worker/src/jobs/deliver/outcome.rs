//! Writing down what became of a message that was not simply taken.

use chrono::{DateTime, Utc};
use entity::messages::message::ActiveModel;
use entity::messages::reminders::CallOff;
use entity::messages::suppressions::{self, Ground};
use entity::messages::{outbox, refusals};
use rules::messages::suppression::SuppressionReason;
use rules::messages::{MessageState, again_in, pause_after};
use rules::reminders::ReminderState;
use sea_orm::ActiveValue::Set;
use sea_orm::DatabaseTransaction;

use super::Known;
use super::ledger::{End, Ending};

impl Ending {
    /// Writes it down and says where the message went; nothing when it is another worker's by now,
    /// or was taken: those are written together.
    pub(super) async fn write(
        &self,
        txn: &DatabaseTransaction,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Option<MessageState>> {
        let Self { known, end } = self;
        match end {
            End::Accepted { .. } => Ok(None),
            End::Stopped { to, detail, dropped } => {
                known.stop(txn, now, *to, detail, dropped).await
            }
            End::NoAddress { address, detail, dropped } => {
                let ended = known.stop(txn, now, MessageState::Rejected, detail, dropped).await?;
                if ended.is_some() {
                    known.no_address(txn, now, address, detail).await?;
                }
                Ok(ended)
            }
            End::PerhapsNoAddress { address, detail } => {
                let (to, dropped) = (MessageState::Rejected, CallOff::default());
                let ended = known.stop(txn, now, to, detail, &dropped).await?;
                if ended.is_some()
                    && refusals::refused_for_long(txn, now, known.lease.id, address).await?
                {
                    known.no_address(txn, now, address, detail).await?;
                }
                Ok(ended)
            }
            End::PutOff { reason } => known.put_off(txn, now, reason).await,
            End::Faulty { problem } => {
                outbox::set_aside(txn, now, known.lease, problem).await?;
                // It has been counted as what went wrong.
                Ok(None)
            }
            End::NotBegun => {
                let reason = "The hand-over could not be written down.";
                known.put_off(txn, now, reason).await?;
                // It has been counted as what went wrong.
                Ok(None)
            }
            End::GivenBack { from, detail } => {
                let back = outbox::give_back(txn, now, known.lease, *from, detail).await?;
                // One that waits for its hour is told of; one not begun is as if never claimed.
                Ok(back.filter(|_| from.is_some()))
            }
            End::CutOff => {
                let again_at = now + pause_after(known.attempts, known.lease.id);
                let (lease, in_doubt) = (known.lease, known.in_doubt);
                Ok(outbox::cut_off(txn, now, lease, in_doubt, Some(again_at)).await?)
            }
        }
    }
}

impl Known {
    /// Puts the address on the list of those that take no mail.
    async fn no_address(
        &self,
        txn: &DatabaseTransaction,
        now: DateTime<Utc>,
        address: &str,
        detail: &str,
    ) -> anyhow::Result<()> {
        let (reason, message_id) = (SuppressionReason::Refused, Some(self.lease.id));
        let ground = Ground { reason, note: detail, message_id, by: None };
        suppressions::suppress(txn, now, address, ground).await?;
        Ok(())
    }

    /// Tries it again later.
    async fn put_off(
        &self,
        txn: &DatabaseTransaction,
        now: DateTime<Utc>,
        reason: &str,
    ) -> anyhow::Result<Option<MessageState>> {
        let pause = pause_after(self.attempts, self.lease.id);
        let set = ActiveModel { subject: Set(self.subject.clone()), ..Default::default() };
        let detail = format!("{reason} {}", again_in(pause));
        let (lease, in_doubt, again_at) = (self.lease, self.in_doubt, now + pause);
        Ok(outbox::put_off(txn, now, lease, in_doubt, again_at, &detail, set).await?)
    }

    /// Ends a message that is not sent, and settles what it carried.
    async fn stop(
        &self,
        txn: &DatabaseTransaction,
        now: DateTime<Utc>,
        to: MessageState,
        detail: &str,
        dropped: &CallOff,
    ) -> anyhow::Result<Option<MessageState>> {
        let set = ActiveModel {
            subject: Set(self.subject.clone()),
            leased_until: Set(None),
            ..Default::default()
        };
        if !outbox::advance(txn, now, self.lease, to, detail, set).await? {
            return Ok(None);
        }
        dropped.write(txn, now).await?;
        // What may have arrived is not said twice.
        let rest = match to {
            MessageState::Expired if !self.in_doubt => ReminderState::Planned,
            MessageState::Expired => ReminderState::Expired,
            _ => ReminderState::Cancelled,
        };
        let reason = (rest == ReminderState::Cancelled).then_some(detail);
        outbox::settle_reminders(txn, now, self.lease.id, rest, reason).await?;
        Ok(Some(to))
    }
}
