//! The model, and what can happen to it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::messages::outbox::Lease;
use proptest::prelude::*;
use rules::messages::MessageState::{
    self, Cancelled, Deferred, Handoff, Held, Leased, Pending, Rejected, Uncertain,
};
use uuid::Uuid;

use super::WORKERS;

/// What somebody does. Leases are named by how many were given out since.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Claim {
        worker: usize,
        most: u64,
    },
    Begin(usize),
    Accept(usize),
    /// The hand-over was cut off, and the mail arrived all the same or did not.
    CutOff(usize, bool),
    /// To this state, from wherever it is.
    Move(usize, MessageState),
    /// The mail server said that it wants it later.
    PutOff(usize),
    GiveBack(usize),
    Release {
        worker: usize,
    },
    Settle,
    /// The leases of a worker run out while it sleeps.
    Freeze {
        worker: usize,
    },
    Forward {
        minutes: i64,
    },
}

/// What is done, and whether the writer is killed before it commits.
pub(super) fn events() -> impl Strategy<Value = Vec<(Event, bool)>> {
    let (lease, worker) = (0_usize..5, 0..WORKERS);
    let moves = prop::sample::select(vec![Rejected, Cancelled]);
    let event = prop_oneof![
        5 => (worker.clone(), 1_u64..4).prop_map(|(worker, most)| Event::Claim { worker, most }),
        6 => lease.clone().prop_map(Event::Begin),
        3 => lease.clone().prop_map(Event::Accept),
        3 => (lease.clone(), any::<bool>()).prop_map(|(lease, came)| Event::CutOff(lease, came)),
        2 => (lease.clone(), moves).prop_map(|(lease, to)| Event::Move(lease, to)),
        2 => lease.clone().prop_map(Event::PutOff),
        2 => lease.prop_map(Event::GiveBack),
        1 => worker.clone().prop_map(|worker| Event::Release { worker }),
        2 => Just(Event::Settle),
        2 => worker.prop_map(|worker| Event::Freeze { worker }),
        3 => (1_i64..300).prop_map(|minutes| Event::Forward { minutes }),
    ];
    prop::collection::vec((event, prop::bool::weighted(0.1)), 5..60)
}

/// A message as it must be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expected {
    pub(super) state: MessageState,
    pub(super) epoch: i64,
    pub(super) owner: Option<usize>,
    /// Whether its lease has run out.
    pub(super) over: bool,
    pub(super) send_after: DateTime<Utc>,
    /// Whether a hand-over of it was ever cut off.
    pub(super) doubted: bool,
    pub(super) bytes: Option<Vec<u8>>,
}

/// A lease somebody has or had.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) lease: Lease,
    pub(super) in_doubt: bool,
    pub(super) bytes: Vec<u8>,
    /// Whether its holder was told that it may hand over.
    pub(super) begun: bool,
    /// Whether its holder has heard the end of it.
    pub(super) ended: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) now: DateTime<Utc>,
    pub(super) messages: BTreeMap<Uuid, Expected>,
    pub(super) given: Vec<Given>,
    /// The bytes that arrived, each time.
    pub(super) arrived: BTreeMap<Uuid, Vec<Vec<u8>>>,
}

impl Model {
    pub(super) fn given(&self, since: usize) -> Option<usize> {
        self.given.len().checked_sub(since + 1)
    }

    /// The message of a lease, if the lease is still the one it is held under.
    pub(super) fn held(&mut self, lease: Lease) -> Option<&mut Expected> {
        self.messages.get_mut(&lease.id).filter(|one| one.epoch == lease.epoch)
    }

    /// The messages that may be claimed, the first first.
    pub(super) fn free(&self) -> Vec<Uuid> {
        let mut free: Vec<_> = self
            .messages
            .iter()
            .filter(|(_, one)| match one.state {
                Pending | Deferred | Uncertain => one.send_after <= self.now,
                Leased => one.over,
                _ => false,
            })
            .map(|(id, one)| (one.send_after, *id))
            .collect();
        free.sort_unstable();
        free.into_iter().map(|(_, id)| id).collect()
    }

    pub(super) fn cut_off(
        &mut self,
        lease: Lease,
        in_doubt: bool,
        again_at: Option<DateTime<Utc>>,
    ) -> bool {
        let Some(one) = self.held(lease).filter(|one| one.state == Handoff) else { return false };
        one.state = if in_doubt { Held } else { Uncertain };
        (one.epoch, one.over, one.doubted) = (one.epoch + 1, false, true);
        one.send_after = again_at.unwrap_or(one.send_after);
        true
    }

    pub(super) fn give_back(&mut self, lease: Lease) -> bool {
        let Some(one) = self.held(lease).filter(|one| one.state == Leased) else { return false };
        one.state = if one.doubted { Uncertain } else { Pending };
        (one.epoch, one.owner, one.over) = (one.epoch + 1, None, false);
        true
    }

    /// A mail that arrived, unless its holder has heard the end of this hand-over before.
    pub(super) fn arrive(&mut self, place: usize) {
        let given = &mut self.given[place];
        if given.begun && !given.ended {
            let (id, bytes) = (given.lease.id, given.bytes.clone());
            self.arrived.entry(id).or_default().push(bytes);
        }
    }
}
