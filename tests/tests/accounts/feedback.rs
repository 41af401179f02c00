//! Bounces and complaints: from the folder of a mailbox and by the webhook, late, twice, out of order,
//! and before anybody knew that the message had gone.

use axum::http::StatusCode;
use entity::messages::feedback::{Named, Source, Told, take};
use entity::messages::{message, message_event, reminder};
use rules::messages::feedback::FeedbackKind;
use rules::messages::verp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, Statement,
};
use serde_json::json;
use tests::mails::delivered;
use tests::{both, on_postgres, until};
use uuid::Uuid;

use crate::sent::{HEAD, Sent, TOKEN, bounce};
use crate::{list, message_to, messages_to, pass_at, story};

#[tokio::test]
async fn a_bounce_in_the_mailbox_ends_mail_to_the_address_and_is_put_aside() {
    both(async |world| {
        let sent = Sent::new(world).await;
        let path = sent.return_path().await;
        let text = bounce(&path, sent.header(), "1@mx", "failed", "5.1.1");
        sent.arrives("1.eml", &text);
        let said = pass_at(&sent.world, "2026-10-05T10:00:00Z", "read_feedback").await;
        assert_eq!(said, "1 report about mail taken in");
        assert_eq!(sent.state().await, "bounced");
        assert_eq!((sent.files(""), sent.files("done")), (vec![], vec!["1.eml".to_owned()]));
        let told = story(&sent.world, sent.message.id).await;
        let why = "It came back for good. Status 5.1.1. No more mail goes to the address.";
        assert_eq!(told.last(), Some(&("bounced".to_owned(), why.to_owned())));
        assert_eq!(list(&sent.world).await, [(HEAD.to_owned(), "hard_bounce".to_owned(), true)]);

        // The same again, and once more by the webhook, is known.
        sent.arrives("2.eml", &text);
        let said = pass_at(&sent.world, "2026-10-05T10:05:00Z", "read_feedback").await;
        assert_eq!(said, "1 known before");
        assert_eq!(sent.post(TOKEN, "message/rfc822", text).await, StatusCode::NO_CONTENT);
        assert_eq!(sent.reports().await, 1);
        assert_eq!(story(&sent.world, sent.message.id).await, told);
    })
    .await;
}

#[tokio::test]
async fn a_bounce_without_headers_is_known_by_the_return_path_it_came_to() {
    both(async |world| {
        let sent = Sent::new(world).await;
        let forged = verp::token(b"another secret", sent.message.id);
        let forged = format!("bounces+{forged}@hubs.example");
        for (file, to) in [("1.eml", &forged), ("2.eml", &sent.return_path().await)] {
            sent.arrives(file, bounce(to, "", file, "failed", "5.1.10"));
        }
        pass_at(&sent.world, "2026-10-05T10:00:00Z", "").await;
        assert_eq!(sent.state().await, "bounced");
        assert_eq!(sent.files("unread"), ["1.eml"], "whoever made that up is not believed");
        assert_eq!(sent.files("done"), ["2.eml"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_report_is_put_where_a_person_looks_and_stops_nothing() {
    both(async |world| {
        let sent = Sent::new(world).await;
        let unknown = "<0199b2f0-7c1e-7000-8000-000000000001@hubs.example>";
        sent.arrives("1.eml", bounce("x@hubs.example", unknown, "1@mx", "failed", "5.1.1"));
        sent.arrives("2.eml", "From: a@b.example\r\nSubject: Out of office\r\n\r\nBack soon\r\n");
        sent.arrives("3.eml", [0, 159, 146, 150, 255, 13, 10]);
        sent.arrives("4.eml", "");
        sent.arrives("5.eml", "x".repeat(2_000_001));
        sent.arrives(".6.eml", "half");
        let text = bounce("x@hubs.example", sent.header(), "7@mx", "failed", "5.1.1");
        sent.arrives("7.eml", text);
        let said = pass_at(&sent.world, "2026-10-05T10:00:00Z", "read_feedback").await;
        assert_eq!(said, "1 report about mail taken in, 5 could not be read");
        assert_eq!(sent.files("unread"), ["1.eml", "2.eml", "3.eml", "4.eml", "5.eml"]);
        assert_eq!(sent.files("done"), ["7.eml"]);
        assert_eq!(sent.files(""), [".6.eml"], "what is being written is left alone");
    })
    .await;
}

#[tokio::test]
async fn mail_that_comes_back_for_now_on_three_days_is_given_up_in_whatever_order_it_is_told() {
    both(async |world| {
        let sent = Sent::new(world).await;
        let id = sent.header().to_owned();
        sent.world.clock.set("2026-10-12T10:00:00Z".parse().expect("a moment"));
        let told = |id: &str, number: u32, at: &str| {
            json!({ "event": "bounced", "message_id": id, "status": "4.2.2", "at": at,
                "id": number.to_string() })
        };
        for (number, at, listed) in [
            (1, "2026-10-09T09:00:00Z", 0),
            (2, "2026-10-09T20:00:00Z", 0),
            (2, "2026-10-08T09:00:00Z", 0),
            (3, "2026-10-07T09:00:00Z", 0),
            (4, "2026-10-06T09:00:00Z", 1),
        ] {
            assert_eq!(sent.event(told(&id, number, at)).await, StatusCode::NO_CONTENT);
            assert_eq!(list(&sent.world).await.len(), listed, "{number}");
        }
        assert_eq!(sent.state().await, "bounced");
        assert_eq!(list(&sent.world).await[0].1, "soft_bounces");
    })
    .await;
}

#[tokio::test]
async fn a_return_for_now_that_comes_late_takes_nothing_back() {
    both(async |world| {
        let sent = Sent::new(world).await;
        let event = |kind: &str, status: &str, id: &str| {
            json!({ "event": kind, "message_id": sent.header(), "status": status, "id": id })
        };
        for event in [
            event("bounced", "5.1.1", "a"),
            event("bounced", "4.2.2", "b"),
            event("complained", "", "c"),
        ] {
            assert_eq!(sent.event(event).await, StatusCode::NO_CONTENT);
        }
        assert_eq!(sent.state().await, "bounced");
        assert_eq!(list(&sent.world).await, [(HEAD.to_owned(), "hard_bounce".to_owned(), true)]);
        let states: Vec<_> =
            story(&sent.world, sent.message.id).await.into_iter().map(|step| step.0).collect();
        assert_eq!(states[3..], ["accepted", "bounced", "bounced", "bounced"]);
    })
    .await;
}

#[tokio::test]
async fn a_complaint_is_noted_and_keeps_back_what_is_no_duty() {
    both(async |world| {
        let sent = Sent::new(world).await;
        let event = json!({ "event": "complained", "message_id": sent.header(), "id": "1" });
        assert_eq!(sent.event(event).await, StatusCode::NO_CONTENT);
        assert_eq!(sent.state().await, "complained");
        assert_eq!(list(&sent.world).await, [(HEAD.to_owned(), "complaint".to_owned(), true)]);
    })
    .await;
}

/// As if the worker that handed the message over had been killed then, or later.
async fn nobody_knows(sent: &Sent, state: &str) {
    message::Entity::update_many()
        .col_expr(message::Column::State, Expr::value(state))
        .filter(message::Column::Id.eq(sent.message.id))
        .exec(sent.world.db.migrator())
        .await
        .expect("cut off");
    reminder::Entity::update_many()
        .col_expr(reminder::Column::State, Expr::value("bundled"))
        .filter(reminder::Column::MessageId.eq(sent.message.id))
        .exec(sent.world.db.migrator())
        .await
        .expect("cut off");
}

/// As if an earlier hand-over of it had been cut off.
async fn doubted(sent: &Sent) {
    let event = message_event::Model {
        id: Uuid::from_u128(1),
        message_id: sent.message.id,
        state: "uncertain".to_owned(),
        detail: "The hand-over was cut off; it may have arrived.".to_owned(),
        happened_at: sent.message.created_at,
    };
    let event = message_event::Entity::insert(event.into_active_model());
    event.exec_without_returning(sent.world.db.migrator()).await.expect("in doubt");
}

#[tokio::test]
async fn a_report_about_a_message_that_nobody_knew_to_have_gone_keeps_it_from_going_again() {
    both(async |world| {
        let sent = Sent::new(world).await;
        doubted(&sent).await;
        for (number, state) in ["handoff", "uncertain", "held", "leased"].into_iter().enumerate() {
            let minute = chrono::TimeDelta::minutes(1);
            sent.world.clock.set(sent.world.clock.now() + minute);
            nobody_knows(&sent, state).await;
            let before = message_to(&sent.world, sent.head).await;
            let event = json!({ "event": "bounced", "message_id": sent.header(),
                "status": "4.2.2", "id": format!("{number}") });
            assert_eq!(sent.event(event).await, StatusCode::NO_CONTENT);
            let after = message_to(&sent.world, sent.head).await;
            assert_eq!(after.state, "bounced", "{}: {state}", sent.world.name);
            assert!(after.lease_epoch > before.lease_epoch, "whoever holds it writes nothing more");
            let told = story(&sent.world, sent.message.id).await;
            let [.., (taken, why), (back, _)] = told.as_slice() else { panic!("{told:#?}") };
            assert_eq!((taken.as_str(), back.as_str()), ("accepted", "bounced"));
            assert_eq!(why, "It was taken: a report about it came back.");
            let carried = reminder::Entity::find()
                .filter(reminder::Column::MessageId.eq(sent.message.id))
                .all(sent.world.db.reader())
                .await
                .expect("reminders");
            assert!(carried.iter().all(|row| row.state == "sent"), "{state}: {carried:#?}");
        }
        let mails = delivered(&sent.world.config.mail.folder);
        let count = mails.iter().filter(|mail| mail.to == HEAD).count();
        pass_at(&sent.world, "2026-10-05T12:00:00Z", "").await;
        let mails = delivered(&sent.world.config.mail.folder);
        assert_eq!(mails.iter().filter(|mail| mail.to == HEAD).count(), count, "once");
    })
    .await;
}

#[tokio::test]
async fn days_on_which_mail_came_back_are_counted_also_where_two_reports_come_at_once() {
    on_postgres(async |world| {
        let sent = Sent::new(world).await;
        for day in ["2026-10-06", "2026-10-07", "2026-10-08"] {
            pass_at(&sent.world, &format!("{day}T07:00:00Z"), "").await;
        }
        sent.world.clock.set("2026-10-09T10:00:00Z".parse().expect("a moment"));
        let all = messages_to(&sent.world, sent.head).await;
        assert!(all.len() >= 3, "{all:#?}");
        let now = sent.world.clock.now();
        let told = |day: u32| Told {
            key: format!("{day}"),
            kind: FeedbackKind::SoftBounce,
            source: Source::Webhook,
            // Each of another message, so that none waits for the row of another's.
            message: Named::Sealed(all[day as usize - 6].id),
            status: String::new(),
            at: Some(format!("2026-10-0{day}T09:00:00Z").parse().expect("a moment")),
        };
        let db = &sent.world.db;
        let txn = db.write().await.expect("a transaction");
        take(&txn, now, &told(6)).await.expect("taken in");
        txn.commit().await.expect("commit");

        let first = db.write().await.expect("a transaction");
        take(&first, now, &told(7)).await.expect("taken in");
        let (other, report) = (db.clone(), told(8));
        let second = tokio::spawn(async move {
            let txn = other.write().await.expect("a transaction");
            take(&txn, now, &report).await.expect("taken in");
            txn.commit().await.expect("commit");
        });
        until("the second waits for the first", async || {
            let waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                           AND wait_event_type = 'Lock'";
            let waiting = Statement::from_string(db.backend(), waiting);
            db.reader().query_one_raw(waiting).await.expect("a read")
        })
        .await;
        first.commit().await.expect("commit");
        second.await.expect("it ends");
        assert_eq!(list(&sent.world).await, [(HEAD.to_owned(), "soft_bounces".to_owned(), true)]);
    })
    .await;
}
