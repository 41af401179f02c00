//! The ledger: one task writes down what the connections begin and end, many at a time in one
//! commit.
//!
//! What a connection ended is written no later than what it begins next, so that after a crash at
//! most one message for each connection is in doubt.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::messages::handovers::{self, Accepted, HandOver};
use entity::messages::reminders::CallOff;
use rules::messages::{MessageKind, MessageState};
use sea_orm::DatabaseTransaction;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Known;
use super::round::Round;
use crate::app::App;
use crate::failpoint;
use crate::mail::render::Rendered;
use crate::metrics;

/// Most entries of one commit: what some hundred connections end and begin.
pub(super) const TOGETHER: usize = 256;
/// Longest time that a commit waits for the connections that have a message in hand.
const LINGER: Duration = Duration::from_millis(5);
/// First pause after a commit that failed; it doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause after a commit that failed.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long to try to write down what has ended. After that its lease runs out, and it counts as in
/// doubt.
const PATIENCE: Duration = Duration::from_secs(30);

/// A message to be handed over.
pub(super) struct Begin {
    pub(super) known: Known,
    pub(super) rendered: Rendered,
    /// Reminders that are no longer in it.
    pub(super) dropped: CallOff,
}

/// What became of a message.
pub(super) struct Ending {
    pub(super) known: Known,
    pub(super) end: End,
}

/// What became of a message.
pub(super) enum End {
    /// The mail server took it.
    Accepted { detail: String },
    /// It is not sent: where it ends, and the reminders that were no longer in it.
    Stopped { to: MessageState, detail: String, dropped: CallOff },
    /// Its address takes no mail, and is put on the list of those that take none.
    NoAddress { address: String, detail: String, dropped: CallOff },
    /// Its address takes no mail, if others say so too: it is put on that list once mail to it has
    /// been refused for long.
    PerhapsNoAddress { address: String, detail: String },
    /// It was refused for now.
    PutOff { reason: String },
    /// Its hand-over could not be written down, so that nothing was handed over.
    NotBegun,
    /// It was not begun; anybody may take it, from that moment on if there is one.
    GivenBack { from: Option<DateTime<Utc>>, detail: Cow<'static, str> },
    /// Nobody can say whether it arrived.
    CutOff,
}

impl End {
    /// It is not sent, after it has been offered.
    pub(super) fn stopped(to: MessageState, detail: String) -> Self {
        Self::Stopped { to, detail, dropped: CallOff::default() }
    }
}

/// A line in the ledger.
pub(super) enum Entry {
    /// Begun; the answer says whether the message is still ours.
    Begin(Box<Begin>, oneshot::Sender<bool>),
    /// Ended.
    End(Box<Ending>),
    /// Something of ours went wrong with a message.
    Failed,
}

/// Where the connections hand in what they begin and end.
pub(super) struct Ledger {
    entries: mpsc::Sender<Entry>,
    busy: Arc<AtomicUsize>,
}

/// Says, as long as it lives, that a connection has a message in hand.
pub(super) struct Busy(Arc<AtomicUsize>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Ledger {
    pub(super) fn new(entries: mpsc::Sender<Entry>, busy: Arc<AtomicUsize>) -> Self {
        Self { entries, busy }
    }

    /// Announces that a connection has a message in hand.
    pub(super) fn busy(&self) -> Busy {
        self.busy.fetch_add(1, Ordering::SeqCst);
        Busy(Arc::clone(&self.busy))
    }

    /// Writes down, durably, that the bytes of a message go out now. False when it is another
    /// worker's by now.
    pub(super) async fn begin(&self, begin: Begin) -> Result<bool, oneshot::error::RecvError> {
        let (answer, answered) = oneshot::channel();
        // Without anybody who writes, nobody answers either.
        let _ = self.entries.send(Entry::Begin(Box::new(begin), answer)).await;
        answered.await
    }

    /// Hands in what became of a message. It is written down with what is begun next, or at once if
    /// nothing is.
    pub(super) async fn end(&self, ending: Ending) {
        let _ = self.entries.send(Entry::End(Box::new(ending))).await;
    }

    /// Counts a message that something of ours went wrong with.
    pub(super) async fn failed(&self) {
        let _ = self.entries.send(Entry::Failed).await;
    }
}

/// Writes down what is handed in until nobody is left to do so.
pub(super) async fn keep(
    app: App,
    mut entries: mpsc::Receiver<Entry>,
    busy: Arc<AtomicUsize>,
    over: CancellationToken,
) -> Round {
    let mut writer = Writer { app, round: Round::default(), over, later: JoinSet::new() };
    let mut linger = LINGER;
    while let Some(first) = entries.recv().await {
        let mut group = vec![first];
        let until = Instant::now() + linger;
        while group.len() < TOGETHER {
            if let Ok(entry) = entries.try_recv() {
                group.push(entry);
                continue;
            }
            let begun = group.iter().filter(|entry| matches!(entry, Entry::Begin(..))).count();
            if begun >= busy.load(Ordering::SeqCst) {
                break;
            }
            match tokio::time::timeout_at(until, entries.recv()).await {
                Ok(Some(entry)) => group.push(entry),
                Ok(None) | Err(_) => break,
            }
        }
        let began = Instant::now();
        writer.write(group).await;
        // Whoever just misses a commit waits for one more: where that takes longer, it is better to
        // wait for them.
        linger = began.elapsed().min(LINGER);
    }
    while let Some(written) = writer.later.join_next().await {
        writer.count_later(written.ok().flatten());
    }
    writer.round
}

struct Writer {
    app: App,
    round: Round,
    over: CancellationToken,
    /// What has ended and could not be written down so far.
    later: JoinSet<Option<Vec<Ended>>>,
}

impl Writer {
    /// Writes a group; where that fails, each entry alone, so that one does not keep the others.
    async fn write(&mut self, group: Vec<Entry>) {
        while let Some(written) = self.later.try_join_next() {
            self.count_later(written.ok().flatten());
        }
        let (mut begins, mut answers, mut ended) = (Vec::new(), Vec::new(), Vec::new());
        for entry in group {
            match entry {
                // Nothing more is begun before all that ended is written down: who hears no answer
                // hands nothing over.
                Entry::Begin(..) if !self.later.is_empty() => {}
                Entry::Begin(one, answer) => {
                    begins.push(*one);
                    answers.push(answer);
                }
                Entry::End(ending) => ended.push(*ending),
                Entry::Failed => self.round.failed += 1,
            }
        }
        match commit(&self.app, &begins, &ended).await {
            Ok(states) => {
                for (answer, one) in answers.into_iter().zip(&begins) {
                    // Somebody who does not listen has not handed anything over.
                    let _ = answer.send(states.begun.contains(&one.known.lease.id));
                }
                states.ended.into_iter().for_each(|ended| self.count(ended));
            }
            // It may be written down all the same: then nobody may begin by it.
            Err(Failure::Unsure(error)) => {
                tracing::error!("the outbox cannot be written: {error:#}");
                for ending in ended {
                    self.write_later(ending);
                }
            }
            Err(Failure::Refused(error)) => {
                if begins.len() + ended.len() == 1 {
                    tracing::error!("the outbox cannot be written: {error:#}");
                    for ending in ended {
                        self.write_later(ending);
                    }
                    return;
                }
                let begins = begins.into_iter().zip(answers);
                let begins = begins.map(|(one, answer)| Entry::Begin(Box::new(one), answer));
                let ended = ended.into_iter().map(|ending| Entry::End(Box::new(ending)));
                for entry in ended.chain(begins).collect::<Vec<_>>() {
                    Box::pin(self.write(vec![entry])).await;
                }
            }
        }
    }

    /// Goes on trying to write down what has ended: what the mail server took must not be sent
    /// again. Until that is done, nothing is begun.
    fn write_later(&mut self, ending: Ending) {
        self.over.cancel();
        let app = self.app.clone();
        self.later.spawn(async move {
            let until = Instant::now() + PATIENCE;
            let mut pause = FIRST_PAUSE;
            let ending = [ending];
            loop {
                tokio::time::sleep(pause).await;
                match commit(&app, &[], &ending).await {
                    Ok(states) => return Some(states.ended),
                    Err(Failure::Refused(error) | Failure::Unsure(error)) => {
                        if Instant::now() >= until {
                            let id = ending[0].known.lease.id;
                            tracing::error!(%id, "what became of a message is lost: {error:#}");
                            return None;
                        }
                    }
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        });
    }

    fn count(&mut self, (kind, state): Ended) {
        metrics::delivered(kind, state);
        self.round.add(state);
    }

    fn count_later(&mut self, written: Option<Vec<Ended>>) {
        match written {
            Some(all) => all.into_iter().for_each(|ended| self.count(ended)),
            None => self.round.failed += 1,
        }
    }
}

/// Why a commit failed.
enum Failure {
    /// Nothing was written.
    Refused(anyhow::Error),
    /// Nobody can say whether it was written.
    Unsure(anyhow::Error),
}

/// Writes these down in one transaction.
async fn commit(app: &App, begun: &[Begin], ended: &[Ending]) -> Result<States, Failure> {
    if begun.is_empty() && ended.is_empty() {
        return Ok(States::default());
    }
    let txn = app.db.write().await.map_err(|error| Failure::Unsure(error.into()))?;
    let states = write(app, &txn, begun, ended).await.map_err(Failure::Refused)?;
    failpoint::pass("committing");
    txn.commit().await.map_err(|error| Failure::Unsure(error.into()))?;
    failpoint::pass("committed");
    Ok(states)
}

async fn write(
    app: &App,
    txn: &DatabaseTransaction,
    begun: &[Begin],
    ended: &[Ending],
) -> anyhow::Result<States> {
    let now = app.clock.now();
    let mut states = States::default();
    let accepted: Vec<Accepted> = ended.iter().filter_map(accepted).collect();
    let all: Vec<HandOver> = begun.iter().map(hand_over).collect();
    let seconds = app.config.worker.lease_seconds;
    let others: Vec<Uuid> = ended.iter().map(|ending| ending.known.lease.id).collect();
    let written = handovers::write(txn, now, seconds, &accepted, &all, &others).await?;
    states.begun = written.begun;
    let taken = accepted.iter().filter(|one| written.accepted.contains(&one.lease.id));
    states.ended.extend(taken.map(|one| (one.kind, MessageState::Accepted)));
    for ending in ended {
        let state = ending.write(txn, now).await?;
        states.ended.extend(state.map(|state| (ending.known.kind, state)));
    }
    for begin in begun.iter().filter(|begin| !begin.dropped.is_empty()) {
        if states.begun.contains(&begin.known.lease.id) {
            begin.dropped.write(txn, now).await?;
        }
    }
    Ok(states)
}

/// The kind of a message and where it went.
type Ended = (MessageKind, MessageState);

/// What a commit came to.
#[derive(Default)]
struct States {
    /// The messages that are ours to hand over.
    begun: HashSet<Uuid>,
    /// Where messages went; nothing for those that were another worker's.
    ended: Vec<Ended>,
}

fn accepted(ending: &Ending) -> Option<Accepted> {
    let End::Accepted { detail } = &ending.end else { return None };
    let Known { lease, kind, .. } = ending.known;
    Some(Accepted { lease, kind, detail: detail.clone() })
}

fn hand_over(begin: &Begin) -> HandOver {
    let rendered = &begin.rendered;
    HandOver {
        lease: begin.known.lease,
        subject: rendered.subject.clone(),
        message_id: rendered.message_id.clone(),
        bytes: rendered.bytes.clone(),
    }
}
