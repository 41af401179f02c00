//! Writing down what became of a message.

use chrono::{DateTime, Utc};
use entity::messages::message::ActiveModel;
use entity::messages::outbox::{self, Lease};
use entity::messages::parcels::{Content, Parcel};
use entity::messages::reminders::CallOff;
use entity::messages::suppressions::{self, Ground};
use rules::messages::suppression::SuppressionReason;
use rules::messages::{MessageState, Refused, pause_after};
use rules::reminders::ReminderState;
use sea_orm::ActiveValue::Set;

use super::{Desk, Ended};
use crate::mail::Setback;

impl Desk<'_> {
    /// The mail server took it.
    pub(super) async fn accepted(&self, lease: Lease, detail: &str) -> anyhow::Result<Ended> {
        let Self { app, now, .. } = *self;
        let to = MessageState::Accepted;
        let set = ActiveModel { leased_until: Set(None), ..Default::default() };
        let txn = app.db.write().await?;
        if !outbox::advance(&txn, now, lease, to, detail, set).await? {
            return Ok(Ended::Elsewhere);
        }
        outbox::settle_reminders(&txn, now, lease.id, ReminderState::Sent, None).await?;
        txn.commit().await?;
        Ok(Ended::As(to))
    }

    /// A failure known to have delivered nothing.
    pub(super) async fn set_back(&self, parcel: Parcel, setback: Setback) -> anyhow::Result<Ended> {
        let Setback { refused, reason } = setback;
        let id = parcel.message.id;
        match refused {
            Refused::ForGood => {
                tracing::warn!(%id, reason, "a mail was refused for good");
                self.end(parcel, MessageState::Rejected, &reason).await
            }
            Refused::NoAddress => {
                tracing::warn!(%id, reason, "an address was refused for good");
                self.end_for_good(parcel, &reason).await
            }
            Refused::ForNow => {
                tracing::warn!(%id, reason, "a mail could not be handed over");
                self.put_off(&parcel, &reason).await
            }
            Refused::All => {
                tracing::error!(
                    %id,
                    reason,
                    "no mail can be handed over: see the setting mail.smtp_url (SMTP_URL), and \
                     mail.smtp_ca and mail.from with it"
                );
                let ended = self.put_off(&parcel, &reason).await?;
                Ok(match ended {
                    Ended::As(state) => Ended::WithAllOthers(state),
                    ended => ended,
                })
            }
        }
    }

    /// Tries a message again later.
    async fn put_off(&self, parcel: &Parcel, reason: &str) -> anyhow::Result<Ended> {
        let Self { app, now, .. } = *self;
        let lease = parcel.lease();
        let pause = pause_after(parcel.message.attempts, lease.id);
        let to = MessageState::Deferred;
        let set = ActiveModel {
            subject: Set(parcel.message.subject.clone()),
            send_after: Set(now + pause),
            leased_until: Set(None),
            ..Default::default()
        };
        let minutes = pause.num_minutes();
        let unit = if minutes == 1 { "minute" } else { "minutes" };
        let detail = format!("{reason} Again in {minutes} {unit}.");
        let txn = app.db.write().await?;
        if !outbox::advance(&txn, now, lease, to, &detail, set).await? {
            return Ok(Ended::Elsewhere);
        }
        txn.commit().await?;
        Ok(Ended::As(to))
    }

    /// Waits for the hour of a letter that keeps to school hours.
    pub(super) async fn wait(
        &self,
        parcel: &Parcel,
        later: DateTime<Utc>,
    ) -> anyhow::Result<Ended> {
        let Self { app, now, .. } = *self;
        let detail = "It waits for the school's working hours.";
        let txn = app.db.write().await?;
        if !outbox::give_back(&txn, now, parcel.lease(), Some(later), detail).await? {
            return Ok(Ended::Elsewhere);
        }
        txn.commit().await?;
        Ok(Ended::As(MessageState::Pending))
    }

    /// A hand-over of which nobody can say whether it worked: once more later, then a person looks.
    pub(super) async fn cut_off(&self, parcel: &Parcel) -> anyhow::Result<Ended> {
        let Self { app, now, .. } = *self;
        let lease = parcel.lease();
        tracing::warn!(id = %lease.id, "a hand-over was cut off");
        let again_at = Some(now + pause_after(parcel.message.attempts, lease.id));
        let txn = app.db.write().await?;
        let ended = outbox::cut_off(&txn, now, lease, parcel.in_doubt, again_at).await?;
        txn.commit().await?;
        Ok(ended.map_or(Ended::Elsewhere, Ended::As))
    }

    /// Ends a message whose address takes no mail, and puts that on the list of those that take none.
    pub(super) async fn end_for_good(&self, parcel: Parcel, detail: &str) -> anyhow::Result<Ended> {
        let address = Some(parcel.person.email.clone());
        self.end_and(parcel, MessageState::Rejected, detail, address).await
    }

    /// Ends a message that is not sent, and settles what it carried.
    pub(super) async fn end(
        &self,
        parcel: Parcel,
        to: MessageState,
        detail: &str,
    ) -> anyhow::Result<Ended> {
        self.end_and(parcel, to, detail, None).await
    }

    async fn end_and(
        &self,
        parcel: Parcel,
        to: MessageState,
        detail: &str,
        refused: Option<String>,
    ) -> anyhow::Result<Ended> {
        let Self { app, now, .. } = *self;
        let lease = parcel.lease();
        let set = ActiveModel {
            subject: Set(parcel.message.subject.clone()),
            leased_until: Set(None),
            ..Default::default()
        };
        let txn = app.db.write().await?;
        if !outbox::advance(&txn, now, lease, to, detail, set).await? {
            return Ok(Ended::Elsewhere);
        }
        if let Some(address) = refused {
            let reason = SuppressionReason::Refused;
            let ground = Ground { reason, note: detail, message_id: Some(lease.id), by: None };
            suppressions::suppress(&txn, now, &address, ground).await?;
        }
        let dropped = match parcel.content {
            Content::Digest(reminders) => reminders.dropped,
            Content::Survey(_)
            | Content::SignIn(_)
            | Content::Bulletin(_)
            | Content::Unwanted(_) => CallOff::default(),
        };
        dropped.write(&txn, now).await?;
        // What may have arrived is not said twice.
        let rest = match to {
            MessageState::Expired if !parcel.in_doubt => ReminderState::Planned,
            MessageState::Expired => ReminderState::Expired,
            _ => ReminderState::Cancelled,
        };
        let reason = (rest == ReminderState::Cancelled).then_some(detail);
        outbox::settle_reminders(&txn, now, lease.id, rest, reason).await?;
        txn.commit().await?;
        Ok(Ended::As(to))
    }
}
