//! Every step, in the database and in the model.

use chrono::TimeDelta;
use entity::messages::handovers::{self, Accepted, HandOver};
use entity::messages::message::{ActiveModel, Column, Entity};
use entity::messages::outbox::{self, Lease};
use rules::messages::MessageKind;
use rules::messages::MessageState::{Accepted as Taken, Deferred, Handoff, Leased, Uncertain};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _};
use tests::rise::at;

use super::model::{Event, Given, Model};

/// Does it in the database and in the model; what each says must be the same.
pub(super) async fn step(txn: &DatabaseTransaction, model: &mut Model, event: &Event) {
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
        | Event::PutOff(since)
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
    assert!(claimed.unread.is_empty());
    let claimed = claimed.taken;
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
            let one = HandOver { lease, subject, message_id, bytes: bytes.clone(), note: "" };
            let written = handovers::write(txn, now, 600, &[], &[one], &[]).await.expect("begun");
            let expected = model.held(lease).filter(|one| one.state == Leased);
            assert_eq!(written.begun.contains(&lease.id), expected.is_some());
            if let Some(one) = expected {
                (one.state, one.over, one.bytes) = (Handoff, false, Some(bytes));
                model.given[place].begun = true;
            }
        }
        Event::Accept(_) => {
            model.arrive(place);
            let one = Accepted { lease, kind: MessageKind::Digest, detail: String::new() };
            let written =
                handovers::write(txn, now, 600, &[one], &[], &[]).await.expect("accepted");
            let expected = model.held(lease).filter(|one| one.state == Handoff);
            assert_eq!(written.accepted.contains(&lease.id), expected.is_some());
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
            }
            // The server has said no.
            model.given[place].ended |= begun;
        }
        Event::PutOff(_) => {
            let later = now + TimeDelta::minutes(2);
            let set = ActiveModel::default();
            let found = outbox::put_off(txn, now, lease, in_doubt, later, "", set).await;
            let expected = model.held(lease).filter(|one| matches!(one.state, Leased | Handoff));
            assert_eq!(found.expect("an answer").is_some(), expected.is_some());
            if let Some(one) = expected {
                one.state = if in_doubt { Uncertain } else { Deferred };
                (one.over, one.send_after) = (false, later);
            }
            // The server has said no.
            model.given[place].ended |= begun;
        }
        Event::GiveBack(_) => {
            let back = outbox::give_back(txn, now, lease, None, "").await.expect("an answer");
            assert_eq!(back.is_some(), model.give_back(lease));
        }
        _ => {}
    }
}

fn name(worker: usize) -> String {
    format!("worker {worker}")
}
