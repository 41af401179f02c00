//! Reports about mail that somebody made up: they put nobody on the list.

use axum::http::StatusCode;
use rules::messages::verp;
use tests::both;

use crate::sent::{HEAD, Sent, TOKEN, bounce};
use crate::{list, pass_at};

/// A complaint about the mail of this id, with this line in what machines read of it.
fn complaint(id: &str, line: &str) -> String {
    format!(
        "From: fbl@mail.example\r\nTo: abuse@hubs.example\r\nMessage-ID: <{line}fbl>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: message/feedback-report\r\n\r\n\
         Feedback-Type: abuse\r\n{line}\r\nVersion: 1\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {id}\r\n\r\n--b--\r\n"
    )
}

#[tokio::test]
async fn where_return_paths_are_sealed_no_report_without_the_seal_is_believed() {
    both(async |world| {
        let mut sent = Sent::new(world).await;
        "bounces+{token}@hubs.example".clone_into(&mut sent.world.config.mail.bounce_address);
        let forged = verp::token(b"another secret", sent.message.id);
        let forged = format!("bounces+{forged}@hubs.example");
        let id = sent.header().to_owned();
        let made_up = [
            bounce("bounces@hubs.example", &id, "1@mx", "failed", "5.1.1"),
            bounce(&forged, &id, "2@mx", "failed", "5.1.1"),
            complaint(&id, &format!("Original-Rcpt-To: {HEAD}")),
            complaint(&id, &format!("Original-Mail-From: <{forged}>")),
        ];
        for (number, text) in made_up.iter().enumerate() {
            sent.arrives(&format!("{number}.eml"), text);
        }
        let said = pass_at(&sent.world, "2026-10-05T10:00:00Z", "read_feedback").await;
        assert_eq!(said, "4 could not be read");
        // A service that passes on what is mailed to it knows no more than that.
        for text in made_up {
            let text = text.replacen("Message-ID: <", "Message-ID: <again-", 1);
            let status = sent.post(TOKEN, "message/rfc822", text).await;
            assert_eq!(status, StatusCode::NO_CONTENT);
        }
        assert!(list(&sent.world).await.is_empty(), "{}", sent.world.name);
        assert_eq!(sent.state().await, "accepted", "{}", sent.world.name);

        let path = sent.return_path().await;
        sent.arrives("9.eml", complaint(&id, &format!("Original-Mail-From: <{path}>")));
        pass_at(&sent.world, "2026-10-05T10:05:00Z", "").await;
        assert_eq!(list(&sent.world).await, [(HEAD.to_owned(), "complaint".to_owned(), true)]);
    })
    .await;
}

#[tokio::test]
async fn where_they_are_not_a_report_names_the_reader_and_counts_for_the_day_it_comes() {
    both(async |world| {
        let sent = Sent::new(world).await;
        let id = sent.header().to_owned();
        let text = |own: &str| bounce("bounces@hubs.example", &id, own, "failed", "5.1.1");
        sent.arrives("1.eml", text("1@mx").replace(HEAD, "somebody.else@example.org"));
        sent.arrives("2.eml", complaint(&id, "Removal-Recipient: x@example.org"));
        let said = pass_at(&sent.world, "2026-10-05T10:00:00Z", "read_feedback").await;
        assert_eq!(said, "2 could not be read");
        assert_eq!(sent.state().await, "accepted", "{}", sent.world.name);

        // Three on one day, whatever days they say, and one on the next, are two days.
        for (own, day) in [("2@mx", "1"), ("3@mx", "2"), ("4@mx", "3")] {
            let of_day = format!("Date: Mon, {day} Oct 2026");
            sent.arrives(
                &format!("{own}.eml"),
                text(own).replace("Date: Mon, 5 Oct 2026", &of_day),
            );
        }
        pass_at(&sent.world, "2026-10-05T11:00:00Z", "").await;
        assert_eq!(sent.state().await, "bounced", "{}", sent.world.name);
        assert!(list(&sent.world).await.is_empty(), "{}", sent.world.name);
        for (own, moment, listed) in
            [("5@mx", "2026-10-06T11:00:00Z", 0), ("6@mx", "2026-10-07T11:00:00Z", 1)]
        {
            sent.arrives(&format!("{own}.eml"), text(own));
            pass_at(&sent.world, moment, "").await;
            assert_eq!(list(&sent.world).await.len(), listed, "{} {moment}", sent.world.name);
        }
        assert_eq!(list(&sent.world).await[0].1, "soft_bounces");
    })
    .await;
}
