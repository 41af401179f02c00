//! What the connections begin and have ended, in one transaction.

use std::collections::HashSet;

use entity::messages::handovers::{self, Accepted, HandOver};
use rules::messages::{MessageKind, MessageState};
use sea_orm::DatabaseTransaction;
use tracing::Instrument as _;
use uuid::Uuid;

use super::Known;
use super::ledger::{Begin, End, Ending};
use crate::app::App;
use crate::failpoint;

/// Why a commit failed.
pub(super) enum Failure {
    /// Nothing was written.
    Refused(anyhow::Error),
    /// Nobody can say whether it was written.
    Unsure(anyhow::Error),
}

/// Writes these down in one transaction.
pub(super) async fn commit(
    app: &App,
    begun: &[Begin],
    ended: &[Ending],
) -> Result<States, Failure> {
    if begun.is_empty() && ended.is_empty() {
        return Ok(States::default());
    }
    let span = tracing::debug_span!("commit", begun = begun.len(), ended = ended.len());
    commit_now(app, begun, ended).instrument(span).await
}

async fn commit_now(app: &App, begun: &[Begin], ended: &[Ending]) -> Result<States, Failure> {
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
pub(super) type Ended = (MessageKind, MessageState);

/// What a commit came to.
#[derive(Default)]
pub(super) struct States {
    /// The messages that are ours to hand over.
    pub(super) begun: HashSet<Uuid>,
    /// Where messages went; nothing for those that were another worker's.
    pub(super) ended: Vec<Ended>,
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
        note: begin.note,
    }
}
