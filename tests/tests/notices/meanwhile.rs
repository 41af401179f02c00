//! What changes between a notice and its delivery.

use entity::events::cancel;
use entity::messages::outbox;
use entity::scope::Scope;
use entity::visits::visit;
use sea_orm::{ConnectionTrait as _, DbBackend, EntityTrait as _, Statement};
use tests::moves::leaves;
use tests::notices::{sent, story};
use tests::rise::{Rise, at};
use tests::working::{messages, pass_at};
use tests::{both, until};

use super::support::{
    NINE, VISITS, agree_by, book_two, cancel_by, head, kinds, lead, morning, move_by, propose_by,
    session,
};

#[tokio::test]
async fn nobody_hears_of_a_visit_that_was_cancelled_before_they_heard_of_it() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at(NINE));
        let visit = propose_by(&world, &rise, lead(&world, &rise), morning("2026-10-19")).await;
        cancel_by(&world, lead(&world, &rise), visit.id).await;
        pass_at(&world, NINE).await;
        let all: Vec<_> = messages(&world).await;
        let visits: Vec<_> = all.iter().filter(|row| row.kind.starts_with("visit")).collect();
        let [proposal] = visits[..] else { panic!("{visits:?}") };
        assert_eq!(proposal.state, "cancelled");
        assert_eq!(story(&world, proposal.id).await, "Things changed before it was sent.");
    })
    .await;
}

#[tokio::test]
async fn who_proposed_hears_that_the_other_side_cancelled() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at(NINE));
        let visit = propose_by(&world, &rise, head(&world, &rise, 0), morning("2026-10-19")).await;
        cancel_by(&world, lead(&world, &rise), visit.id).await;
        pass_at(&world, NINE).await;
        let mails = sent(&world, &VISITS).await;
        assert_eq!(kinds(&mails), [("visit_cancelled", rise.partners[0].head)]);
        assert!(mails[0].calendar.is_none(), "there is nothing to take out");
    })
    .await;
}

#[tokio::test]
async fn a_proposal_that_moved_before_it_was_told_is_told_once_with_its_new_time() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at(NINE));
        let visit = propose_by(&world, &rise, lead(&world, &rise), morning("2026-10-19")).await;
        move_by(&world, lead(&world, &rise), visit.id, morning("2026-10-21")).await;
        pass_at(&world, NINE).await;
        let mails = sent(&world, &VISITS).await;
        assert_eq!(kinds(&mails), [("visit_proposed", rise.partners[0].head)]);
        assert!(mails[0].text.contains("Wednesday 21 October 2026, 9am to midday"));
    })
    .await;
}

#[tokio::test]
async fn a_notice_in_a_workers_hands_is_looked_at_once_more() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at(NINE));
        let now = world.clock.now();
        let visit = propose_by(&world, &rise, head(&world, &rise, 0), morning("2026-10-19")).await;
        // A worker takes it and dies; meanwhile the lead agrees.
        let txn = world.db.write().await.expect("a transaction");
        assert_eq!(outbox::claim(&txn, now, "gone", 0, 10).await.expect("claimed").taken.len(), 1);
        txn.commit().await.expect("commit");
        agree_by(&world, lead(&world, &rise), visit.id).await;
        pass_at(&world, "2026-10-05T08:01:00Z").await;
        let all = messages(&world).await;
        let proposal = all.iter().find(|row| row.kind == "visit_proposed").expect("a proposal");
        assert_eq!(proposal.state, "cancelled");
        assert_eq!(story(&world, proposal.id).await, "The time was agreed meanwhile.");
        assert_eq!(sent(&world, &["visit_agreed"]).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn who_is_told_of_a_place_while_the_event_is_cancelled_hears_of_that_too() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at(NINE));
        let now = world.clock.now();
        let event = session(&world, &rise, morning("2026-11-19")).await;
        book_two(&world, &rise, event.id, 0).await;
        // A worker is about to take what tells of the place when the event is cancelled.
        let claim = world.db.write().await.expect("a transaction");
        assert_eq!(
            outbox::claim(&claim, now, "worker", 600, 10).await.expect("taken").taken.len(),
            1
        );
        let (db, id) = (world.db.clone(), event.id);
        let off = tokio::spawn(async move {
            let txn = db.write().await.expect("a transaction");
            cancel(&txn, &Scope::System, now, id, None, "The hall is flooded").await.expect("off");
            txn.commit().await.expect("commit");
        });
        // On SQLite it waits before it begins: there is one writer.
        if world.db.backend() == DbBackend::Postgres {
            until("who cancels waits for the worker", async || {
                let waiting = "SELECT 1 FROM pg_stat_activity \
                               WHERE datname = current_database() AND wait_event_type = 'Lock'";
                let waiting = Statement::from_string(DbBackend::Postgres, waiting);
                world.db.reader().query_one_raw(waiting).await.expect("a read")
            })
            .await;
        }
        claim.commit().await.expect("commit");
        off.await.expect("it ends");
        let all = messages(&world).await;
        let told = all.iter().map(|row| (row.kind.as_str(), row.state.as_str(), row.person_id));
        let head = rise.partners[0].head;
        assert_eq!(
            told.collect::<Vec<_>>(),
            [("event_booked", "leased", head), ("event_cancelled", "pending", head)],
            "{}",
            world.name
        );
    })
    .await;
}

#[tokio::test]
async fn who_left_the_school_is_told_nothing_more() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at(NINE));
        propose_by(&world, &rise, lead(&world, &rise), morning("2026-10-19")).await;
        leaves(&world, rise.partners[0].head).await;
        pass_at(&world, NINE).await;
        assert_eq!(sent(&world, &VISITS).await.len(), 0);
        let all = messages(&world).await;
        let proposal = all.iter().find(|row| row.kind == "visit_proposed").expect("a proposal");
        assert_eq!(story(&world, proposal.id).await, "This person is no longer the one to tell.");
    })
    .await;
}

#[tokio::test]
async fn a_notice_that_waited_until_the_visit_began_expires() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at(NINE));
        let row = propose_by(&world, &rise, lead(&world, &rise), morning("2026-10-19")).await;
        assert_eq!(visit::Entity::find().all(world.db.reader()).await.expect("visits"), [row]);
        pass_at(&world, "2026-10-19T08:00:00Z").await;
        let all = messages(&world).await;
        let proposal = all.iter().find(|row| row.kind == "visit_proposed").expect("a proposal");
        assert_eq!(proposal.state, "expired");
    })
    .await;
}

#[tokio::test]
async fn a_visit_moved_twice_is_told_against_the_time_that_its_reader_knew() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at(NINE));
        let visit = propose_by(&world, &rise, lead(&world, &rise), morning("2026-10-19")).await;
        pass_at(&world, NINE).await;
        for day in ["2026-10-20", "2026-10-21"] {
            move_by(&world, lead(&world, &rise), visit.id, morning(day)).await;
        }
        pass_at(&world, NINE).await;
        let mails = sent(&world, &["visit_moved"]).await;
        let [mail] = &mails[..] else { panic!("{}: {} mails", world.name, mails.len()) };
        let text = mail.text.replace("\r\n", "\n");
        assert!(text.contains("Old time:\n  Monday 19 October 2026"), "{text}");
        assert!(!text.contains("20 October"), "{text}");
    })
    .await;
}
