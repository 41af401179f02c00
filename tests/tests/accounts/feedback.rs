//! Bounces and complaints, from the folder of a mailbox and by the webhook: late, twice, out of order,
//! and whatever the bytes are.

use std::path::PathBuf;

use api::app::App;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use entity::messages::{mail_feedback, message};
use entity::people::secrets;
use rules::messages::verp;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use serde_json::{Value, json};
use tests::rise::Rise;
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{EIGHT, list, message_to, pass_at, story};

const HEAD: &str = "head.of.demo.ash.school@example.org";
const TOKEN: &str = "a token of the tests, long enough";

/// A bounce as a mail server writes it. `to` is where it came to, `id` what the returned message calls
/// itself, `own` what the bounce does.
fn bounce(to: &str, id: &str, own: &str, action: &str, status: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\r\nTo: {to}\r\nDate: Mon, 5 Oct 2026 09:00:00 +0000\r\n\
         Message-ID: <{own}>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; x@school.example\r\nAction: {action}\r\nStatus: {status}\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {id}\r\n\r\n--b--\r\n"
    )
}

/// A programme whose digests went out, with a mailbox and a webhook.
struct Sent {
    world: World,
    head: Uuid,
    message: message::Model,
    mailbox: PathBuf,
}

impl Sent {
    async fn new(mut world: World) -> Self {
        let mailbox = world.folder.path().join("bounces");
        world.config.mail.bounces_folder.clone_from(&mailbox);
        TOKEN.clone_into(&mut world.config.mail.feedback_token);
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let head = rise.partners[0].head;
        pass_at(&world, EIGHT, "").await;
        let message = message_to(&world, head).await;
        assert_eq!(message.state, "accepted");
        Self { world, head, message, mailbox }
    }

    fn header(&self) -> &str {
        self.message.message_id_header.as_deref().expect("a Message-ID")
    }

    fn arrives(&self, file: &str, text: impl AsRef<[u8]>) {
        std::fs::create_dir_all(&self.mailbox).expect("a mailbox");
        std::fs::write(self.mailbox.join(file), text).expect("a mail");
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.mailbox.join(folder)) else {
            return Vec::new();
        };
        let entries = entries.map(|entry| entry.expect("an entry"));
        let files = entries.filter(|entry| entry.file_type().expect("a type").is_file());
        let mut names: Vec<_> =
            files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    async fn state(&self) -> String {
        message_to(&self.world, self.head).await.state
    }

    async fn post(&self, token: &str, kind: &str, body: impl Into<Body>) -> StatusCode {
        self.answer(token, kind, body).await.0
    }

    async fn answer(&self, token: &str, kind: &str, body: impl Into<Body>) -> (StatusCode, String) {
        let stop = CancellationToken::new();
        let mut app = App::open(self.world.config.clone(), stop).await.expect("opens");
        app.clock = self.world.clock.clone();
        let request = Request::post("/feedback/mail")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, kind)
            .body(body.into())
            .expect("a request");
        let answer = api::http::router(app).oneshot(request).await.expect("an answer");
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 10_000).await.expect("a body");
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    async fn event(&self, event: Value) -> StatusCode {
        self.post(TOKEN, "application/json", event.to_string()).await
    }

    async fn reports(&self) -> u64 {
        mail_feedback::Entity::find().count(self.world.db.reader()).await.expect("a count")
    }
}

#[tokio::test]
async fn a_bounce_in_the_mailbox_ends_mail_to_the_address_and_is_put_aside() {
    both(async |world| {
        let sent = Sent::new(world).await;
        let text = bounce("bounces@hubs.example", sent.header(), "1@mx", "failed", "5.1.1");
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
        let secret = secrets::stored(sent.world.db.reader(), secrets::LINKS).await;
        let secret = secret.expect("a read").expect("a secret");
        let forged = verp::token(b"another secret", sent.message.id);
        let token = verp::token(secret.as_bytes(), sent.message.id);
        for (file, token) in [("1.eml", &forged), ("2.eml", &token)] {
            let to = format!("bounces+{token}@hubs.example");
            sent.arrives(file, bounce(&to, "", file, "failed", "5.1.10"));
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

#[tokio::test]
async fn the_webhook_takes_nothing_from_whoever_has_no_token_and_nothing_it_cannot_read() {
    both(async |world| {
        let sent = Sent::new(world).await;
        let good = json!({ "event": "bounced", "message_id": sent.header(), "status": "5.1.1",
            "id": "1" });
        let json = "application/json";
        for token in ["", "x", &TOKEN[1..], "a token of the tests, long enougH"] {
            let status = sent.post(token, json, good.to_string()).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{token}");
        }
        let without = |field: &str| {
            let mut event = good.clone();
            event.as_object_mut().expect("an object").remove(field);
            event.to_string()
        };
        let with = |field: &str, value: &str| {
            let mut event = good.clone();
            event[field] = value.into();
            event.to_string()
        };
        for body in [
            String::new(),
            "[]".to_owned(),
            without("event"),
            without("id"),
            without("message_id"),
            with("event", "opened"),
            with("status", "five"),
            with("status", "2.0.0"),
            with("at", "yesterday"),
            with("id", ""),
            with("id", &"x".repeat(201)),
            with("mood", "bad"),
        ] {
            let status = sent.post(TOKEN, json, body.clone()).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        }
        let (_, text) = sent.answer(TOKEN, json, with("at", "yesterday")).await;
        assert_eq!(text, "\"at\" is a moment such as 2026-10-05T07:00:00Z\n");
        let mail = "message/rfc822";
        let status = sent.post(TOKEN, mail, "Subject: Out of office\r\n\r\n").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        let status = sent.post(TOKEN, "text/plain", good.to_string()).await;
        assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let status = sent.post(TOKEN, mail, vec![b'x'; 2_000_001]).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!((sent.reports().await, sent.state().await.as_str()), (0, "accepted"));

        // A message of another system: there is nothing for the service to repeat.
        let stray = with("message_id", "1@elsewhere.example");
        assert_eq!(sent.post(TOKEN, json, stray).await, StatusCode::NO_CONTENT);
        assert_eq!(sent.state().await, "accepted");
        let app = App::open(sent.world.config.clone(), CancellationToken::new()).await;
        let told = api::metrics::render(app.expect("opens")).await.expect("metrics");
        let count = |line: &str| line.rsplit_once(' ').and_then(|(_, count)| count.parse().ok());
        let stray =
            told.lines().find(|line| line.starts_with("hubs_mail_reports_total{taken=\"stray\"}"));
        assert!(stray.and_then(count).is_some_and(|count: u64| count > 0), "{told}");
    })
    .await;
}

#[tokio::test]
async fn without_a_token_in_the_settings_there_is_no_webhook() {
    both(async |world| {
        let mut sent = Sent::new(world).await;
        sent.world.config.mail.feedback_token = String::new();
        assert_eq!(sent.post("", "application/json", "{}").await, StatusCode::NOT_FOUND);
    })
    .await;
}
