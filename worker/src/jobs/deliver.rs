//! Delivers messages: the only place that sends mail, and never inside a transaction.
//!
//! Claim under a lease, look again whether it is still wanted, render once, offer it to the mail
//! server, write `handoff` and the bytes durably once that waits for them, hand over, write the
//! outcome. A worker killed in between leaves a message that is either still to be sent or known to
//! be in doubt.

mod outcome;

use chrono::{DateTime, Utc};
use entity::messages::facts::Book;
use entity::messages::message::ActiveModel;
use entity::messages::outbox::{self, Lease};
use entity::messages::parcels::{self, Content, Parcel, Reminders};
use rules::messages::{MessageKind, MessageState};
use rules::reminders::next_send_time;
use sea_orm::ActiveValue::Set;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::mail::render::{Links, Rendered, Words, render};
use crate::mail::{Carrier, Outcome, bulletin, digest, sign_in, survey};
use crate::pass::Done;

/// Messages claimed at a time: few, so that the look before sending is fresh.
const AT_ONCE: u64 = 20;

pub(super) async fn run(app: &App, stop: &CancellationToken) -> anyhow::Result<Done> {
    let txn = app.db.write().await?;
    outbox::settle_cut_off(&txn, app.clock.now()).await?;
    txn.commit().await?;

    let mut round = Round::default();
    let mut carrier = app.mail.carrier();
    while !stop.is_cancelled() && !round.over {
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
        let parcels = parcels::open(&snapshot, now, &book, claimed).await?;
        snapshot.commit().await?;
        let secret = app.link_secret().await?;
        let desk = Desk { app, now, book: &book, secret: secret.as_bytes() };
        let mut rest = Vec::new();
        for parcel in parcels {
            match parcel {
                Ok(parcel) if round.over || stop.is_cancelled() => rest.push(parcel.lease()),
                Ok(parcel) => {
                    let id = parcel.message.id;
                    round.add(id, desk.deliver(&mut carrier, parcel).await);
                }
                Err((id, error)) => round.add(id, Err(error.into())),
            }
        }
        give_back(app, now, &rest).await?;
    }
    carrier.close().await;
    Ok(round.done())
}

/// Gives back what was claimed and not begun, so that nobody has to wait for the lease to run out.
async fn give_back(app: &App, now: DateTime<Utc>, rest: &[Lease]) -> anyhow::Result<()> {
    if rest.is_empty() {
        return Ok(());
    }
    let txn = app.db.write().await?;
    for lease in rest {
        outbox::give_back(&txn, now, *lease, None, "Given back by the worker.").await?;
    }
    Ok(txn.commit().await?)
}

/// What became of one message.
enum Ended {
    /// It went to this state.
    As(MessageState),
    /// It was put off, and no other can be delivered now either.
    WithAllOthers(MessageState),
    /// Another worker has it by now.
    Elsewhere,
}

/// What became of the messages of one run.
#[derive(Default)]
struct Round {
    accepted: usize,
    deferred: usize,
    stopped: usize,
    uncertain: usize,
    failed: usize,
    /// Whether the mail server takes no more for now.
    over: bool,
}

impl Round {
    fn add(&mut self, id: uuid::Uuid, outcome: anyhow::Result<Ended>) {
        let state = match outcome {
            Ok(Ended::As(state)) => state,
            Ok(Ended::WithAllOthers(state)) => {
                self.over = true;
                state
            }
            Ok(Ended::Elsewhere) => return,
            // Its lease runs out, and then it is tried again; the others do not wait for it.
            Err(error) => {
                self.failed += 1;
                tracing::error!(id = %id, "a message failed: {error:#}");
                return;
            }
        };
        match state {
            MessageState::Accepted => self.accepted += 1,
            MessageState::Deferred | MessageState::Pending => self.deferred += 1,
            MessageState::Uncertain | MessageState::Held => self.uncertain += 1,
            _ => self.stopped += 1,
        }
    }

    fn done(&self) -> Done {
        Done::counts(&[
            (self.accepted, "message delivered", "messages delivered"),
            (self.deferred, "message put off", "messages put off"),
            (self.stopped, "message not sent after all", "messages not sent after all"),
            (self.uncertain, "message in doubt", "messages in doubt"),
            (self.failed, "message failed", "messages failed"),
        ])
    }
}

/// The minute of the day at which the reader wants routine mail, if they chose one.
fn minute(parcel: &Parcel) -> Option<u32> {
    parcel.person.digest_minute.and_then(|minute| u32::try_from(minute).ok())
}

/// What delivering one message takes.
struct Desk<'a> {
    app: &'a App,
    now: DateTime<Utc>,
    book: &'a Book,
    secret: &'a [u8],
}

impl Desk<'_> {
    /// Delivers one message, and says where it ended.
    async fn deliver(
        &self,
        carrier: &mut Carrier<'_>,
        mut parcel: Parcel,
    ) -> anyhow::Result<Ended> {
        if let Some((state, reason)) = self.no_longer_wanted(&parcel)? {
            return self.end(parcel, state, &reason).await;
        }
        if let Some(reason) = parcel.suppressed {
            return self.end(parcel, MessageState::Suppressed, &reason.kept_back()).await;
        }
        if let Some(later) = self.not_yet(&parcel)? {
            return self.wait(&parcel, later).await;
        }
        let to = parcel.person.email.parse::<lettre::Address>();
        let rendered = self.rendered(&parcel)?;
        let (Some(rendered), Ok(to)) = (rendered, to) else {
            let detail = "No mail can be written to this address.";
            return self.end_for_good(parcel, detail).await;
        };

        parcel.message.subject = Some(rendered.subject.clone());
        let from = &self.app.sender.email;
        if let Err(setback) = carrier.offer(from, &to, &rendered.bytes).await {
            return self.set_back(parcel, setback).await;
        }
        let begun = self.begin(&mut parcel, &rendered).await;
        if !matches!(begun, Ok(true)) {
            carrier.abandon();
            return begun.map(|_| Ended::Elsewhere);
        }
        match carrier.hand_over(parcel.message.id, &rendered.bytes).await {
            Outcome::Accepted(detail) => self.accepted(parcel.lease(), &detail).await,
            Outcome::Refused(setback) => self.set_back(parcel, setback).await,
            Outcome::Uncertain => self.cut_off(&parcel).await,
        }
    }

    /// Where a message ends that is not to be sent any more, and why.
    fn no_longer_wanted(&self, parcel: &Parcel) -> anyhow::Result<Option<(MessageState, String)>> {
        let late = parcel.message.expires_at <= self.now;
        Ok(match &parcel.content {
            Content::Unwanted(reason) => Some((MessageState::Cancelled, reason.clone())),
            Content::Digest(reminders) if reminders.items.is_empty() => {
                let reason = "Nothing in it is wanted any more.";
                Some((MessageState::Cancelled, reason.to_owned()))
            }
            Content::Digest(reminders) if late || !self.is_its_hour(parcel, reminders)? => {
                let reason = "Its hour passed; what it was to say waits for the next digest.";
                Some((MessageState::Expired, reason.to_owned()))
            }
            Content::Survey(_) | Content::SignIn(_) | Content::Bulletin(_) if late => {
                Some((MessageState::Expired, "Its time has passed.".to_owned()))
            }
            Content::Digest(_) | Content::Survey(_) | Content::SignIn(_) | Content::Bulletin(_) => {
                None
            }
        })
    }

    /// Whether routine mail about any of it may go to its reader now.
    fn is_its_hour(&self, parcel: &Parcel, reminders: &Reminders) -> anyhow::Result<bool> {
        for (_, fact) in &reminders.items {
            let policy = self.book.policy(fact.row.programme_id)?;
            if next_send_time(policy, &fact.rules.calendar, minute(parcel), self.now) <= self.now {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// When a letter may go that keeps to school hours, if not now. All others may go at any time.
    fn not_yet(&self, parcel: &Parcel) -> anyhow::Result<Option<DateTime<Utc>>> {
        let (MessageKind::SurveyReminder, Content::Survey(letter)) = (parcel.kind, &parcel.content)
        else {
            return Ok(None);
        };
        let policy = self.book.policy(letter.campaign.programme_id)?;
        let calendar = self.book.calendar(letter.setting_id);
        let at = next_send_time(policy, &calendar, minute(parcel), self.now);
        Ok((at > self.now).then_some(at))
    }

    /// The bytes of a message; none when no mail can be written to its address.
    fn rendered(&self, parcel: &Parcel) -> anyhow::Result<Option<Rendered>> {
        let row = &parcel.message;
        // What may have arrived is sent again as it was; otherwise only if it still says the truth.
        let as_it_was = parcel.in_doubt
            || matches!(&parcel.content, Content::Digest(it) if it.dropped.is_empty());
        if let (true, Some(bytes), Some(id)) = (as_it_was, &row.body, &row.message_id_header) {
            let subject = row.subject.clone().unwrap_or_default();
            let message_id = id.clone();
            return Ok(Some(Rendered { subject, message_id, bytes: bytes.clone() }));
        }
        let words = self.words(parcel)?;
        match render(&self.app.sender, parcel, words, self.now) {
            Ok(rendered) => Ok(Some(rendered)),
            Err(error) => {
                tracing::warn!(id = %row.id, %error, "a mail cannot be written");
                Ok(None)
            }
        }
    }

    fn words(&self, parcel: &Parcel) -> anyhow::Result<Words> {
        let public_url = &self.app.config.http.public_url;
        let links = Links { public_url, secret: self.secret, now: self.now };
        match &parcel.content {
            Content::Digest(reminders) => {
                let digest = digest::content(self.book, &parcel.person, reminders, &links)?;
                Ok(digest.words()?)
            }
            Content::Survey(letter) => {
                let letter = survey::content(&parcel.person, letter, parcel.kind, &links);
                Ok(letter.words()?)
            }
            Content::SignIn(link) => {
                let until = parcel.message.expires_at;
                Ok(sign_in::content(&parcel.person, *link, until, &links).words()?)
            }
            Content::Bulletin(letter) => {
                Ok(bulletin::content(&parcel.person, letter, &links).words()?)
            }
            Content::Unwanted(_) => anyhow::bail!("what is not wanted has no words"),
        }
    }

    /// Writes down that the bytes go out now. False when another worker has the message.
    async fn begin(&self, parcel: &mut Parcel, rendered: &Rendered) -> anyhow::Result<bool> {
        let Self { app, now, .. } = *self;
        let set = ActiveModel {
            subject: Set(Some(rendered.subject.clone())),
            message_id_header: Set(Some(rendered.message_id.clone())),
            body: Set(Some(rendered.bytes.clone())),
            ..Default::default()
        };
        let txn = app.db.write().await?;
        let detail = format!("Handed over as {}.", rendered.message_id);
        let seconds = app.config.worker.lease_seconds;
        let lease = parcel.lease();
        if !outbox::begin_hand_over(&txn, now, lease, seconds, &detail, set).await? {
            return Ok(false);
        }
        if let (Content::Digest(reminders), false) = (&mut parcel.content, parcel.in_doubt) {
            std::mem::take(&mut reminders.dropped).write(&txn, now).await?;
        }
        txn.commit().await?;
        Ok(true)
    }
}
