//! A programme whose digests went out, and what comes back of them.

use std::path::PathBuf;

use api::app::App;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use entity::messages::{mail_feedback, message};
use entity::people::secrets;
use rules::messages::verp;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use serde_json::Value;
use tests::World;
use tests::rise::Rise;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{EIGHT, message_to, pass_at};

pub const HEAD: &str = "head.of.demo.ash.school@example.org";
pub const TOKEN: &str = "a token of the tests, long enough";

/// A bounce as a mail server writes it. `to` is where it came to, `id` what the returned message calls
/// itself, `own` what the bounce does.
pub fn bounce(to: &str, id: &str, own: &str, action: &str, status: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\r\nTo: {to}\r\nDate: Mon, 5 Oct 2026 09:00:00 +0000\r\n\
         Message-ID: <{own}>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
         Final-Recipient: rfc822; {HEAD}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {id}\r\n\r\n--b--\r\n"
    )
}

/// A programme whose digests went out, with a mailbox and a webhook.
pub struct Sent {
    pub world: World,
    pub head: Uuid,
    pub message: message::Model,
    mailbox: PathBuf,
}

impl Sent {
    pub async fn new(mut world: World) -> Self {
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

    pub fn header(&self) -> &str {
        self.message.message_id_header.as_deref().expect("a Message-ID")
    }

    /// The address that the message came from, with its seal.
    pub async fn return_path(&self) -> String {
        let secret = secrets::stored(self.world.db.reader(), secrets::LINKS).await;
        let secret = secret.expect("a read").expect("a secret");
        format!("bounces+{}@hubs.example", verp::token(secret.as_bytes(), self.message.id))
    }

    pub fn arrives(&self, file: &str, text: impl AsRef<[u8]>) {
        std::fs::create_dir_all(&self.mailbox).expect("a mailbox");
        std::fs::write(self.mailbox.join(file), text).expect("a mail");
    }

    pub fn files(&self, folder: &str) -> Vec<String> {
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

    pub async fn state(&self) -> String {
        message_to(&self.world, self.head).await.state
    }

    /// What the api answers to a request to the webhook: status and words.
    pub async fn answered(&self, request: Request<Body>) -> (StatusCode, String) {
        let stop = CancellationToken::new();
        let mut app = App::open(self.world.config.clone(), stop).await.expect("opens");
        app.clock = self.world.clock.clone();
        let answer = api::http::router(app).oneshot(request).await.expect("an answer");
        let status = answer.status();
        let words = to_bytes(answer.into_body(), 10_000).await.expect("words");
        (status, String::from_utf8_lossy(&words).into_owned())
    }

    pub async fn post(&self, token: &str, kind: &str, body: impl Into<Body>) -> StatusCode {
        let request = Request::post("/feedback/mail")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, kind)
            .body(body.into())
            .expect("a request");
        self.answered(request).await.0
    }

    pub async fn event(&self, event: Value) -> StatusCode {
        self.post(TOKEN, "application/json", event.to_string()).await
    }

    pub async fn reports(&self) -> u64 {
        mail_feedback::Entity::find().count(self.world.db.reader()).await.expect("a count")
    }
}
