//! Delivers messages: the only place that sends mail, and never inside a transaction.
//!
//! Claim under a lease, look again whether it is still wanted, render once, write `handoff` and
//! the bytes durably, hand over, write the outcome. A worker killed in between leaves a message
//! that is either still to be sent or known to be in doubt.

use chrono::{DateTime, TimeDelta, Utc};
use entity::messages::facts::Book;
use entity::messages::message::ActiveModel;
use entity::messages::outbox::{self, Lease, Parcel};
use rules::messages::MessageState;
use rules::reminders::{ReminderState, next_send_time};
use sea_orm::ActiveValue::Set;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::mail::{digest, render};
use crate::pass::Done;

/// Messages claimed at a time: few, so that the look before sending is fresh.
const AT_ONCE: u64 = 20;
/// First pause after a failure; it doubles with every further one.
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(1);
/// Longest pause after a failure.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(4);

pub(super) async fn run(app: &App, stop: &CancellationToken) -> anyhow::Result<Done> {
    let txn = app.db.write().await?;
    outbox::settle_cut_off(&txn, app.clock.now()).await?;
    txn.commit().await?;

    let mut round = Round::default();
    while !stop.is_cancelled() {
        let now = app.clock.now();
        let txn = app.db.write().await?;
        let seconds = app.config.worker.lease_seconds;
        let claimed = outbox::claim(&txn, now, &app.name, seconds, AT_ONCE).await?;
        txn.commit().await?;
        if claimed.is_empty() {
            break;
        }
        let snapshot = app.db.snapshot().await?;
        let book = Book::load(&snapshot).await?;
        let parcels = outbox::open(&snapshot, now, &book, claimed).await?;
        snapshot.commit().await?;
        let secret = app.link_secret().await?;
        for parcel in parcels {
            let (id, outcome) = match parcel {
                Ok(parcel) => {
                    let id = parcel.message.id;
                    (id, deliver(app, now, &book, secret.as_bytes(), parcel).await)
                }
                Err((id, error)) => (id, Err(error.into())),
            };
            match outcome {
                Ok(outcome) => round.add(outcome),
                // Its lease runs out, and then it is tried again; the others do not wait for it.
                Err(error) => {
                    round.failed += 1;
                    tracing::error!(message = %id, "a message failed: {error:#}");
                }
            }
        }
    }
    Ok(round.done())
}

/// What became of the messages of one run.
#[derive(Default)]
struct Round {
    accepted: usize,
    deferred: usize,
    stopped: usize,
    failed: usize,
}

impl Round {
    fn add(&mut self, outcome: Option<MessageState>) {
        match outcome {
            Some(MessageState::Accepted) => self.accepted += 1,
            Some(MessageState::Deferred) => self.deferred += 1,
            Some(_) => self.stopped += 1,
            None => {}
        }
    }

    fn done(&self) -> Done {
        Done::counts(&[
            (self.accepted, "message delivered", "messages delivered"),
            (self.deferred, "message put off after a failure", "messages put off after a failure"),
            (self.stopped, "message not sent after all", "messages not sent after all"),
            (self.failed, "message failed", "messages failed"),
        ])
    }
}

/// Delivers one message, and says where it ended; nothing when another worker has it by now.
async fn deliver(
    app: &App,
    now: DateTime<Utc>,
    book: &Book,
    secret: &[u8],
    mut parcel: Parcel,
) -> anyhow::Result<Option<MessageState>> {
    if parcel.items.is_empty() {
        let detail = "Nothing in it is wanted any more.";
        return end(app, now, parcel, MessageState::Cancelled, detail).await;
    }
    if parcel.message.expires_at <= now || !is_its_hour(book, &parcel, now)? {
        let detail = "Its hour passed; what it was to say waits for the next digest.";
        return end(app, now, parcel, MessageState::Expired, detail).await;
    }
    let kept = match (&parcel.message.body, parcel.message.message_id_header.clone()) {
        // What may have arrived is sent again as it was; otherwise only if it still says the truth.
        (Some(body), Some(id)) if parcel.in_doubt || parcel.dropped.is_empty() => {
            Some((body.clone(), id))
        }
        _ => None,
    };
    let mut set = ActiveModel { ..Default::default() };
    let (bytes, message_id) = if let Some(kept) = kept {
        kept
    } else {
        let links = render::Links { public_url: &app.config.http.public_url, secret, now };
        let content = digest::content(book, &parcel, &links)?;
        let rendered = match render::render(&app.sender, &parcel, content, now) {
            Ok(rendered) => rendered,
            Err(error) => {
                tracing::warn!(message = %parcel.message.id, %error, "a mail cannot be written");
                let detail = "No mail can be written to this address.";
                return end(app, now, parcel, MessageState::Rejected, detail).await;
            }
        };
        set.subject = Set(Some(rendered.subject));
        set.message_id_header = Set(Some(rendered.message_id.clone()));
        set.body = Set(Some(rendered.bytes.clone()));
        (rendered.bytes, rendered.message_id)
    };

    let lease = parcel.lease();
    let dropped = std::mem::take(&mut parcel.dropped);
    let txn = app.db.write().await?;
    let detail = format!("Handed over as {message_id}.");
    let seconds = app.config.worker.lease_seconds;
    if !outbox::begin_hand_over(&txn, now, lease, seconds, &detail, set).await? {
        return Ok(None);
    }
    if !parcel.in_doubt {
        dropped.write(&txn, now).await?;
    }
    txn.commit().await?;

    match app.mail.hand_over(lease.id, &bytes).await {
        Ok(detail) => accepted(app, now, lease, &detail).await,
        Err(error) => {
            tracing::warn!(message = %lease.id, %error, "a mail could not be handed over");
            put_off(app, now, lease, parcel.message.attempts).await
        }
    }
}

/// Whether routine mail about any of it may go to its reader now.
fn is_its_hour(book: &Book, parcel: &Parcel, now: DateTime<Utc>) -> anyhow::Result<bool> {
    let minute = parcel.person.digest_minute;
    let minute = minute.and_then(|minute| u32::try_from(minute).ok());
    for (_, fact) in &parcel.items {
        let policy = book.policy(fact.row.programme_id)?;
        if next_send_time(policy, &fact.rules.calendar, minute, now) <= now {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn accepted(
    app: &App,
    now: DateTime<Utc>,
    lease: Lease,
    detail: &str,
) -> anyhow::Result<Option<MessageState>> {
    let to = MessageState::Accepted;
    let set = ActiveModel { leased_until: Set(None), ..Default::default() };
    let txn = app.db.write().await?;
    if !outbox::advance(&txn, now, lease, to, detail, set).await? {
        return Ok(None);
    }
    outbox::settle_reminders(&txn, now, lease.id, ReminderState::Sent, None).await?;
    txn.commit().await?;
    Ok(Some(to))
}

/// A failure known to have delivered nothing: tried again later.
async fn put_off(
    app: &App,
    now: DateTime<Utc>,
    lease: Lease,
    attempts: i32,
) -> anyhow::Result<Option<MessageState>> {
    let doubled = 1_i32 << (attempts - 1).clamp(0, 10);
    let pause = (FIRST_PAUSE * doubled).min(LONGEST_PAUSE);
    let to = MessageState::Deferred;
    let set =
        ActiveModel { send_after: Set(now + pause), leased_until: Set(None), ..Default::default() };
    let detail = format!("It could not be handed over; again in {} minutes.", pause.num_minutes());
    let txn = app.db.write().await?;
    if !outbox::advance(&txn, now, lease, to, &detail, set).await? {
        return Ok(None);
    }
    txn.commit().await?;
    Ok(Some(to))
}

/// Ends a message that is not sent, and settles what it carried.
async fn end(
    app: &App,
    now: DateTime<Utc>,
    parcel: Parcel,
    to: MessageState,
    detail: &str,
) -> anyhow::Result<Option<MessageState>> {
    let lease = parcel.lease();
    let set = ActiveModel { leased_until: Set(None), ..Default::default() };
    let txn = app.db.write().await?;
    if !outbox::advance(&txn, now, lease, to, detail, set).await? {
        return Ok(None);
    }
    parcel.dropped.write(&txn, now).await?;
    // What may have arrived is not said twice.
    let rest = match to {
        MessageState::Expired if !parcel.in_doubt => ReminderState::Planned,
        MessageState::Expired => ReminderState::Expired,
        _ => ReminderState::Cancelled,
    };
    let reason = (rest == ReminderState::Cancelled).then_some(detail);
    outbox::settle_reminders(&txn, now, lease.id, rest, reason).await?;
    txn.commit().await?;
    Ok(Some(to))
}
