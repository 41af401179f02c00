//! The outbox against a small model of it: workers claim, begin, end, freeze and die in any order,
//! with leases old and new, and after every step the rows are what the model says.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::messages::handovers::{self, Accepted, HandOver};
use entity::messages::message::{ActiveModel, Column, Entity};
use entity::messages::outbox::{self, Lease};
use entity::messages::{message, message_event, reminder};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use rules::messages::MessageKind;
use rules::messages::MessageState::{
    self, Accepted as Taken, Cancelled, Deferred, Handoff, Held, Leased, Pending, Rejected,
    Uncertain,
};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _};
use tests::rise::{Rise, at};
use tests::{World, both};
use uuid::Uuid;

use crate::{EIGHT, bundled, messages};

const WORKERS: usize = 3;
const ROUNDS: usize = 40;

/// What somebody does. Leases are named by how many were given out since.
#[derive(Clone, Debug)]
enum Event {
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
fn events() -> impl Strategy<Value = Vec<(Event, bool)>> {
    let (lease, worker) = (0_usize..5, 0..WORKERS);
    let moves = prop::sample::select(vec![Deferred, Rejected, Cancelled, Uncertain]);
    let event = prop_oneof![
        5 => (worker.clone(), 1_u64..4).prop_map(|(worker, most)| Event::Claim { worker, most }),
        6 => lease.clone().prop_map(Event::Begin),
        3 => lease.clone().prop_map(Event::Accept),
        3 => (lease.clone(), any::<bool>()).prop_map(|(lease, came)| Event::CutOff(lease, came)),
        2 => (lease.clone(), moves).prop_map(|(lease, to)| Event::Move(lease, to)),
        1 => lease.prop_map(Event::GiveBack),
        1 => worker.clone().prop_map(|worker| Event::Release { worker }),
        2 => Just(Event::Settle),
        2 => worker.prop_map(|worker| Event::Freeze { worker }),
        3 => (1_i64..300).prop_map(|minutes| Event::Forward { minutes }),
    ];
    prop::collection::vec((event, prop::bool::weighted(0.1)), 5..60)
}

/// A message as it must be.
#[derive(Clone, Debug, PartialEq)]
struct Expected {
    state: MessageState,
    epoch: i64,
    owner: Option<usize>,
    /// Whether its lease has run out.
    over: bool,
    send_after: DateTime<Utc>,
    /// Whether a hand-over of it was ever cut off.
    doubted: bool,
    bytes: Option<Vec<u8>>,
}

/// A lease somebody has or had.
#[derive(Clone, Debug)]
struct Given {
    lease: Lease,
    in_doubt: bool,
    bytes: Vec<u8>,
    /// Whether its holder was told that it may hand over.
    begun: bool,
    /// Whether its holder has heard the end of it.
    ended: bool,
}

#[derive(Clone, Debug)]
struct Model {
    now: DateTime<Utc>,
    messages: BTreeMap<Uuid, Expected>,
    given: Vec<Given>,
    /// The bytes that arrived, each time.
    arrived: BTreeMap<Uuid, Vec<Vec<u8>>>,
}

impl Model {
    fn given(&self, since: usize) -> Option<usize> {
        self.given.len().checked_sub(since + 1)
    }

    /// The message of a lease, if the lease is still the one it is held under.
    fn held(&mut self, lease: Lease) -> Option<&mut Expected> {
        self.messages.get_mut(&lease.id).filter(|one| one.epoch == lease.epoch)
    }

    /// The messages that may be claimed, the first first.
    fn free(&self) -> Vec<Uuid> {
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

    fn cut_off(&mut self, lease: Lease, in_doubt: bool, again_at: Option<DateTime<Utc>>) -> bool {
        let Some(one) = self.held(lease).filter(|one| one.state == Handoff) else { return false };
        one.state = if in_doubt { Held } else { Uncertain };
        (one.epoch, one.over, one.doubted) = (one.epoch + 1, false, true);
        one.send_after = again_at.unwrap_or(one.send_after);
        true
    }

    fn give_back(&mut self, lease: Lease) -> bool {
        let Some(one) = self.held(lease).filter(|one| one.state == Leased) else { return false };
        (one.state, one.epoch, one.owner, one.over) = (Pending, one.epoch + 1, None, false);
        true
    }

    /// A mail that arrived, unless its holder has heard the end of this hand-over before.
    fn arrive(&mut self, place: usize) {
        let given = &mut self.given[place];
        if given.begun && !given.ended {
            let (id, bytes) = (given.lease.id, given.bytes.clone());
            self.arrived.entry(id).or_default().push(bytes);
        }
    }
}

/// Does it in the database and in the model; what each says must be the same.
async fn step(txn: &DatabaseTransaction, model: &mut Model, event: &Event) {
    let now = model.now;
    match event {
        Event::Claim { worker, most } => claim(txn, model, *worker, *most).await,
        Event::Settle => {
            let lost: Vec<_> = model
                .messages
                .iter()
                .filter(|(_, one)| one.state == Handoff && one.over)
                .map(|(id, one)| (Lease { id: *id, epoch: one.epoch }, one.doubted))
                .collect();
            for (lease, doubted) in &lost {
                assert!(model.cut_off(*lease, *doubted, None));
            }
            assert_eq!(outbox::settle_cut_off(txn, now).await.expect("settled"), lost.len());
        }
        Event::Release { worker } => {
            let mut released = 0;
            for (id, one) in model.messages.clone() {
                if one.owner == Some(*worker) {
                    released += usize::from(model.give_back(Lease { id, epoch: one.epoch }));
                }
            }
            let found = outbox::release(txn, now, &name(*worker)).await.expect("released");
            assert_eq!(found, released);
        }
        Event::Freeze { worker } => {
            for one in model.messages.values_mut() {
                one.over |= one.owner == Some(*worker) && matches!(one.state, Leased | Handoff);
            }
            Entity::update_many()
                .col_expr(Column::LeasedUntil, Expr::value(at("2001-01-01T00:00:00Z")))
                .filter(Column::LeaseOwner.eq(name(*worker)))
                .filter(Column::LeasedUntil.is_not_null())
                .exec(txn)
                .await
                .expect("run out");
        }
        Event::Forward { minutes } => model.now += TimeDelta::minutes(*minutes),
        Event::Begin(since)
        | Event::Accept(since)
        | Event::CutOff(since, _)
        | Event::Move(since, _)
        | Event::GiveBack(since) => {
            if let Some(place) = model.given(*since) {
                with_lease(txn, model, event, place).await;
            }
        }
    }
}

async fn claim(txn: &DatabaseTransaction, model: &mut Model, worker: usize, most: u64) {
    let free = model.free();
    let claimed = outbox::claim(txn, model.now, &name(worker), 600, most).await.expect("a claim");
    let ids: Vec<_> = claimed.iter().map(|one| one.message.id).collect();
    assert_eq!(ids, free[..free.len().min(usize::try_from(most).expect("few"))]);
    for one in claimed {
        let expected = model.messages.get_mut(&one.message.id).expect("known");
        (expected.state, expected.owner, expected.over) = (Leased, Some(worker), false);
        expected.epoch += 1;
        assert_eq!(one.in_doubt, expected.doubted);
        let lease = Lease { id: one.message.id, epoch: one.message.lease_epoch };
        // What may have arrived is sent as it was, all else as things are.
        let anew = format!("{} {}", lease.id, lease.epoch).into_bytes();
        let bytes = if one.in_doubt { one.message.body.expect("kept") } else { anew };
        let in_doubt = one.in_doubt;
        model.given.push(Given { lease, in_doubt, bytes, begun: false, ended: false });
    }
}

/// What the holder of a lease does, whether it is its by now or not.
async fn with_lease(txn: &DatabaseTransaction, model: &mut Model, event: &Event, place: usize) {
    let now = model.now;
    let Given { lease, in_doubt, bytes, begun, ended } = model.given[place].clone();
    if ended && model.held(lease).is_some() {
        // It has heard the end of it and died before that was written down.
        return;
    }
    match event {
        Event::Begin(_) => {
            let (subject, message_id) = ("Demo".to_owned(), format!("<{}@hubs.example>", lease.id));
            let one = HandOver { lease, subject, message_id, bytes: bytes.clone() };
            let begun = handovers::begin(txn, now, 600, &[one]).await.expect("begun");
            let expected = model.held(lease).filter(|one| one.state == Leased);
            assert_eq!(begun.contains(&lease.id), expected.is_some());
            if let Some(one) = expected {
                (one.state, one.over, one.bytes) = (Handoff, false, Some(bytes));
                model.given[place].begun = true;
            }
        }
        Event::Accept(_) => {
            model.arrive(place);
            let one = Accepted { lease, kind: MessageKind::Digest, detail: String::new() };
            let taken = handovers::accept(txn, now, &[one]).await.expect("accepted");
            let expected = model.held(lease).filter(|one| one.state == Handoff);
            assert_eq!(taken.contains(&lease.id), expected.is_some());
            if let Some(one) = expected {
                (one.state, one.over) = (Taken, false);
            }
            model.given[place].ended |= begun;
        }
        Event::CutOff(_, came) => {
            if *came {
                model.arrive(place);
            }
            let again_at = now + TimeDelta::minutes(1);
            let found = outbox::cut_off(txn, now, lease, in_doubt, Some(again_at)).await;
            let expected = model.cut_off(lease, in_doubt, Some(again_at));
            assert_eq!(found.expect("cut off").is_some(), expected);
            model.given[place].ended |= begun;
        }
        Event::Move(_, to) => {
            let later = now + TimeDelta::minutes(2);
            let set = ActiveModel {
                send_after: Set(later),
                leased_until: Set(None),
                ..Default::default()
            };
            let moved = outbox::advance(txn, now, lease, *to, "", set).await.expect("an answer");
            let may = |from| rules::messages::may_become(from, *to);
            let expected = model.held(lease).filter(|one| may(one.state));
            assert_eq!(moved, expected.is_some());
            if let Some(one) = expected {
                (one.state, one.over, one.send_after) = (*to, false, later);
                one.doubted |= *to == Uncertain;
            }
            // The server has said no.
            model.given[place].ended |= begun;
        }
        Event::GiveBack(_) => {
            let back = outbox::give_back(txn, now, lease, None, "").await.expect("an answer");
            assert_eq!(back, model.give_back(lease));
        }
        _ => {}
    }
}

fn name(worker: usize) -> String {
    format!("worker {worker}")
}

/// All messages as if they had just been decided.
async fn start_over(world: &World) -> Model {
    let now = at(EIGHT);
    let txn = world.db.write().await.expect("a transaction");
    message_event::Entity::delete_many().exec(&txn).await.expect("deleted");
    Entity::update_many()
        .set(ActiveModel {
            state: Set("pending".to_owned()),
            lease_epoch: Set(0),
            lease_owner: Set(None),
            leased_until: Set(None),
            body: Set(None),
            send_after: Set(now),
            attempts: Set(0),
            ..Default::default()
        })
        .exec(&txn)
        .await
        .expect("set back");
    reminder::Entity::update_many()
        .col_expr(reminder::Column::State, Expr::value("bundled"))
        .exec(&txn)
        .await
        .expect("set back");
    txn.commit().await.expect("commit");
    let messages = messages(world).await.into_iter().map(|row| {
        let expected = Expected {
            state: Pending,
            epoch: 0,
            owner: None,
            over: false,
            send_after: now,
            doubted: false,
            bytes: None,
        };
        (row.id, expected)
    });
    Model { now, messages: messages.collect(), given: Vec::new(), arrived: BTreeMap::new() }
}

fn seen(row: &message::Model) -> (MessageState, i64, DateTime<Utc>, Option<Vec<u8>>) {
    let state = row.state.parse().expect("a state");
    (state, row.lease_epoch, row.send_after, row.body.clone())
}

async fn compare(world: &World, model: &Model, told: &str) {
    for row in messages(world).await {
        let one = &model.messages[&row.id];
        let expected = (one.state, one.epoch, one.send_after, one.bytes.clone());
        assert_eq!(seen(&row), expected, "{told}");
        assert!(row.attempts >= 0, "{told}");
        // Whoever still works has a lease that ends; nobody else has one.
        let works = matches!(one.state, Leased | Handoff);
        assert_eq!(row.leased_until.is_some(), works, "{told}: {row:?}");
    }
}

/// What must be true of what arrived, whatever happened.
fn check_arrivals(model: &Model, told: &str) {
    for (id, one) in &model.messages {
        let arrived = model.arrived.get(id).map_or(&[][..], Vec::as_slice);
        assert!(arrived.len() <= 1 + usize::from(one.doubted), "{told}: {arrived:?}");
        assert!(arrived.windows(2).all(|pair| pair[0] == pair[1]), "{told}: other bytes");
        assert!(one.state != Taken || !arrived.is_empty(), "{told}: {id} is lost");
        if one.state == Cancelled && !one.doubted {
            assert_eq!(arrived.len(), 0, "{told}: sent after it was called off");
        }
    }
}

/// One step in a transaction, which may come to nothing.
async fn take(world: &World, model: &mut Model, event: &Event, killed: bool) {
    let before = model.clone();
    let txn = world.db.write().await.expect("a transaction");
    step(&txn, model, event).await;
    if killed {
        txn.rollback().await.expect("undone");
        // What arrived has arrived, and its holder is no more.
        let arrived = std::mem::take(&mut model.arrived);
        let heard: Vec<bool> = model.given.iter().map(|given| given.ended).collect();
        *model = Model { arrived, ..before };
        for (given, ended) in model.given.iter_mut().zip(heard) {
            given.ended |= ended;
        }
    } else {
        txn.commit().await.expect("a commit");
    }
}

#[tokio::test]
async fn whatever_workers_do_in_any_order_the_outbox_is_as_the_model_says() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School", "Demo Oak School", "Demo Elm School"]).await;
        bundled(&world).await;
        let mut runner = TestRunner::deterministic();
        let mut ends: BTreeMap<String, usize> = BTreeMap::new();
        for round in 0..ROUNDS {
            let events = events().new_tree(&mut runner).expect("events").current();
            let mut model = start_over(&world).await;
            for (number, (event, killed)) in events.iter().enumerate() {
                let told = format!("{} round {round}: {:?}", world.name, &events[..=number]);
                take(&world, &mut model, event, *killed).await;
                compare(&world, &model, &told).await;
                check_arrivals(&model, &told);
            }
            // Then all sleep for good, and one that is well goes to the end of it.
            let told = format!("{} round {round}, at its end: {events:?}", world.name);
            for worker in 0..WORKERS {
                take(&world, &mut model, &Event::Freeze { worker }, false).await;
            }
            while model.messages.values().any(|one| !one.state.is_an_end()) {
                for event in [
                    Event::Settle,
                    Event::Forward { minutes: 10 },
                    Event::Claim { worker: 0, most: 1 },
                    Event::Begin(0),
                    Event::Accept(0),
                ] {
                    take(&world, &mut model, &event, false).await;
                }
                check_arrivals(&model, &told);
            }
            compare(&world, &model, &told).await;
            for one in model.messages.values() {
                *ends.entry(format!("{:?}", one.state)).or_default() += 1;
            }
        }
        // The rounds come to every end there is.
        for end in [Taken, Held, Rejected, Cancelled] {
            assert!(ends.contains_key(&format!("{end:?}")), "{}: {ends:?}", world.name);
        }
    })
    .await;
}
