//! Messages held for sending, by workers that may die.

use entity::messages::handovers::{self, HandOver};
use entity::messages::{message, outbox};
use rules::messages::MessageState;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _, QueryFilter as _,
};
use tests::rise::{Rise, at};
use tests::{World, both};

use crate::{EIGHT, bundled, mails, messages, pass_at, reminders, story, to_head};

#[tokio::test]
async fn a_message_that_fails_does_not_keep_the_others() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        bundled(&world).await;
        let all = messages(&world).await;
        // The database refuses to hand over the first of the two.
        message::Entity::update_many()
            .col_expr(message::Column::Attempts, Expr::value(70))
            .filter(message::Column::Id.eq(all[0].id))
            .exec(world.db.migrator())
            .await
            .expect("marked");
        let refuse = match world.db.reader().get_database_backend() {
            DbBackend::Sqlite => {
                "CREATE TRIGGER refuse BEFORE UPDATE ON message \
                 WHEN NEW.attempts = 71 AND NEW.state = 'handoff' \
                 BEGIN SELECT RAISE(ABORT, 'refused'); END"
            }
            _ => {
                "ALTER TABLE message ADD CONSTRAINT refuse \
                 CHECK (attempts <> 71 OR state <> 'handoff')"
            }
        };
        world.db.migrator().execute_unprepared(refuse).await.expect("a trap");
        let pass = pass_at(&world, EIGHT).await;
        assert!(pass.to_string().contains("1 message delivered, 1 message failed"), "{pass}");
        assert_eq!(mails(&world).len(), all.len() - 1);
    })
    .await;
}

#[tokio::test]
async fn the_lease_is_renewed_for_the_hand_over() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        bundled(&world).await;
        let lease = claim_and_die(&world, None).await;
        let txn = world.db.write().await.expect("a transaction");
        let now = world.clock.now();
        let (subject, message_id) = (String::new(), "<it@hubs.example>".to_owned());
        let hand_over = HandOver { lease, subject, message_id, bytes: Vec::new(), note: "" };
        let written =
            handovers::write(&txn, now, 600, &[], &[hand_over], &[]).await.expect("handoff");
        assert!(written.begun.contains(&lease.id));
        assert_eq!(outbox::settle_cut_off(&txn, now).await.expect("settled"), 0);
    })
    .await;
}

/// Takes a message under a lease that ends at once, as a worker does that dies in the next moment.
async fn claim_and_die(world: &World, then: Option<&str>) -> outbox::Lease {
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let claimed = outbox::claim(&txn, now, "dying", 0, 1).await.expect("a claim").taken;
    let lease = outbox::Lease { id: claimed[0].message.id, epoch: claimed[0].message.lease_epoch };
    if let Some(body) = then {
        let set = message::ActiveModel {
            body: sea_orm::ActiveValue::Set(Some(body.as_bytes().to_vec())),
            message_id_header: sea_orm::ActiveValue::Set(Some("<kept@hubs.example>".to_owned())),
            ..<message::ActiveModel as Default>::default()
        };
        let to = MessageState::Handoff;
        assert!(outbox::advance(&txn, now, lease, to, "", set).await.expect("handoff"));
    }
    txn.commit().await.expect("commit");
    lease
}

const KEPT: &str = "From: a@example.org\r\nTo: b@example.org\r\nSubject: kept\r\n\
    Message-ID: <kept@hubs.example>\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n\
    text\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--x--\r\n";

#[tokio::test]
async fn a_hand_over_that_was_cut_off_is_repeated_once_with_the_same_bytes() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        bundled(&world).await;
        let dead = claim_and_die(&world, Some(KEPT)).await;
        pass_at(&world, EIGHT).await;
        let file = world.config.mail.folder.join(format!("{}.eml", dead.id));
        assert_eq!(std::fs::read_to_string(file).expect("the mail"), KEPT);
        let states = ["pending", "leased", "handoff", "uncertain", "leased", "handoff", "accepted"];
        assert_eq!(story(&world, dead.id).await, states);
    })
    .await;
}

#[tokio::test]
async fn a_hand_over_cut_off_twice_is_held_for_a_person() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        bundled(&world).await;
        let dead = claim_and_die(&world, Some(KEPT)).await;
        let txn = world.db.write().await.expect("a transaction");
        outbox::settle_cut_off(&txn, world.clock.now()).await.expect("settled");
        txn.commit().await.expect("commit");
        // The other message is due as well; the uncertain one comes first by its id or after it.
        let mut again = claim_and_die(&world, Some(KEPT)).await;
        if again.id != dead.id {
            again = claim_and_die(&world, Some(KEPT)).await;
        }
        assert_eq!(again.id, dead.id);
        pass_at(&world, EIGHT).await;
        let file = world.config.mail.folder.join(format!("{}.eml", dead.id));
        assert!(!file.exists());
        let all = messages(&world).await;
        let held = all.iter().find(|row| row.id == dead.id).expect("the message");
        assert_eq!(held.state, "held");
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_ran_out_is_taken_over_and_its_old_holder_changes_nothing() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        bundled(&world).await;
        let stale = claim_and_die(&world, None).await;
        pass_at(&world, EIGHT).await;
        let before = messages(&world).await;
        assert!(before.iter().all(|row| row.state == "accepted"));
        for to in [MessageState::Handoff, MessageState::Cancelled, MessageState::Accepted] {
            let txn = world.db.write().await.expect("a transaction");
            let set = <message::ActiveModel as Default>::default();
            let moved = outbox::advance(&txn, world.clock.now(), stale, to, "", set).await;
            assert!(!moved.expect("an answer"));
            txn.commit().await.expect("commit");
        }
        assert_eq!(messages(&world).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_still_runs_is_left_alone() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        bundled(&world).await;
        let txn = world.db.write().await.expect("a transaction");
        let held = outbox::claim(&txn, world.clock.now(), "busy", 600, 100).await.expect("a claim");
        txn.commit().await.expect("commit");
        assert!(!held.taken.is_empty());
        pass_at(&world, EIGHT).await;
        assert!(mails(&world).is_empty());
    })
    .await;
}

#[tokio::test]
async fn mail_that_could_not_be_written_is_tried_again_and_waits_for_the_next_day_after_hours() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        // A file where the folder should be.
        std::fs::write(&world.config.mail.folder, "in the way").expect("a file");
        pass_at(&world, EIGHT).await;
        for row in messages(&world).await {
            assert_eq!((row.state.as_str(), row.attempts), ("deferred", 1));
            let pause = row.send_after - at(EIGHT);
            assert!((60..=75).contains(&pause.num_seconds()), "{pause}");
        }
        // Still so when quiet hours begin: the reminders wait for tomorrow's digest.
        pass_at(&world, "2026-10-05T18:30:00Z").await;
        for row in messages(&world).await {
            assert_eq!(row.state, "expired");
        }
        std::fs::remove_file(&world.config.mail.folder).expect("removed");
        pass_at(&world, "2026-10-06T07:00:00Z").await;
        let mails = mails(&world);
        assert!(to_head(&mails, "Demo Ash School").text.contains("self-assessment"));
        let rows = reminders(&world, rise.partners[0].head).await;
        // A step whose successor's day has come is not sent any more.
        assert!(rows.iter().all(|row| row.state == "sent" || row.state == "expired"));
        let late = rise.obligation(&world, rise.partners[0].enrolment, "self_assessment").await;
        let about = rows.iter().find(|row| row.obligation_id == late.id);
        assert_eq!(about.expect("a reminder").state, "sent");
    })
    .await;
}
