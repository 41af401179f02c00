//! Reports that hold what nobody expects: they stop none of those that come after them.

use sea_orm::ConnectionTrait as _;
use tests::both;
use tests::rise::at;
use tokio_util::sync::CancellationToken;
use worker::app::App;
use worker::jobs::Job;
use worker::pass;

use crate::pass_at;
use crate::sent::{Sent, bounce};

/// As long as the table has another name no report can be written down.
async fn rename(sent: &Sent, from: &str, to: &str) {
    let rename = format!("ALTER TABLE {from} RENAME TO {to}");
    sent.world.db.migrator().execute_unprepared(&rename).await.expect("renamed");
}

#[tokio::test]
async fn a_nul_in_the_id_of_a_returned_message_stops_no_report_behind_it() {
    both(async |world| {
        let sent = Sent::new(world).await;
        let odd = bounce("x@hubs.example", "<a\0b@hubs.example>", "1@mx", "failed", "5.1.1");
        sent.arrives("1.eml", odd);
        sent.arrives("2.eml", bounce("x@hubs.example", sent.header(), "2@mx", "failed", "5.1.1"));
        let said = pass_at(&sent.world, "2026-10-05T10:00:00Z", "read_feedback").await;
        assert_eq!(said, "1 report about mail taken in, 1 could not be read");
        assert_eq!(
            (sent.files("unread"), sent.files("done")),
            (vec!["1.eml".to_owned()], vec!["2.eml".to_owned()])
        );
        assert_eq!(sent.state().await, "bounced");
    })
    .await;
}

#[tokio::test]
async fn a_report_that_fails_is_tried_again_and_stops_none_behind_it() {
    both(async |world| {
        let sent = Sent::new(world).await;
        let text = bounce("x@hubs.example", sent.header(), "1@mx", "failed", "5.1.1");
        sent.arrives("1.eml", text);
        sent.arrives("2.eml", "From: a@b.example\r\nSubject: Out of office\r\n\r\nBack soon\r\n");
        rename(&sent, "mail_feedback", "away").await;
        sent.world.clock.set(at("2026-10-05T10:00:00Z"));
        let stop = CancellationToken::new();
        let app = App::open(sent.world.config.clone(), sent.world.clock.clone(), stop.clone());
        let pass = pass::run(&app.await.expect("the worker opens"), &stop).await;
        let done = pass.ran.into_iter().find(|(job, ..)| *job == Job::ReadFeedback);
        let failure = done.expect("it ran").2.expect_err("it is told").to_string();
        assert!(failure.contains("1 of the files"), "{failure}");
        assert_eq!(
            (sent.files(""), sent.files("unread")),
            (vec!["1.eml".to_owned()], vec!["2.eml".to_owned()])
        );

        rename(&sent, "away", "mail_feedback").await;
        let said = pass_at(&sent.world, "2026-10-05T10:05:00Z", "read_feedback").await;
        assert_eq!(said, "1 report about mail taken in");
        assert_eq!(sent.state().await, "bounced");
    })
    .await;
}
