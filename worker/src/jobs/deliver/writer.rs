//! One task keeps the ledger: it writes down what the connections begin and end, many at a time in one
//! commit.
//!
//! What a connection ended is written no later than what it begins next, so that after a crash at
//! most one message for each connection is in doubt.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::commit::{Ended, Failure, commit};
use super::ledger::{Ending, Entry, TOGETHER};
use super::round::Round;
use crate::app::App;
use crate::metrics;

/// Longest time that a commit waits for the connections that have a message in hand.
const LINGER: Duration = Duration::from_millis(5);
/// First pause after a commit that failed; it doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause after a commit that failed.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

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
    /// again. Until that is done, nothing is begun. It is tried as long as the lease lasts; after that
    /// another worker may have it, and it counts as in doubt.
    fn write_later(&mut self, ending: Ending) {
        self.over.cancel();
        let app = self.app.clone();
        self.later.spawn(async move {
            let until = Instant::now() + Duration::from_secs(app.config.worker.lease_seconds);
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
