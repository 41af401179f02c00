//! The webhook for reports about mail: who may tell, what, and what it answers.

use api::app::App;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use entity::messages::mail_feedback;
use sea_orm::EntityTrait as _;
use serde_json::json;
use tests::both;
use tokio_util::sync::CancellationToken;

use crate::list;
use crate::sent::{Sent, TOKEN};

/// A request with the token.
fn asked(kind: &str, body: String) -> Request<Body> {
    Request::post("/feedback/mail")
        .header(header::AUTHORIZATION, format!("bearer  {TOKEN} "))
        .header(header::CONTENT_TYPE, kind)
        .body(Body::from(body))
        .expect("a request")
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
        // What is wrong is named, and nothing of what was sent is repeated but the name.
        for (body, named) in [
            (String::new(), "cannot be read"),
            ("[]".to_owned(), "cannot be read"),
            (format!("{good} {good}"), "cannot be read"),
            (without("event"), "event"),
            (without("id"), "id"),
            (without("message_id"), "\"message_id\""),
            (with("event", "opened"), "\"event\""),
            (with("status", "five"), "\"status\""),
            (with("status", "2.0.0"), "\"status\""),
            (with("status", "5.1.x.1"), "\"status\""),
            (with("status", "5.1"), "\"status\""),
            (with("status", &"5.".repeat(200)), "\"status\""),
            (with("at", "yesterday"), "\"at\""),
            (with("message_id", "<a\0b@hubs.example>"), "\"message_id\""),
            (with("message_id", &"x".repeat(999)), "\"message_id\""),
            (with("id", ""), "\"id\""),
            (with("id", "a\u{7}"), "\"id\""),
            (with("id", &"x".repeat(201)), "\"id\""),
            (with("mood", "bad"), "mood"),
        ] {
            let (status, words) = sent.answered(asked(json, body.clone())).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
            assert!(words.contains(named), "{body}: {words}");
        }
        let mail = "message/rfc822";
        let status = sent.post(TOKEN, mail, "Subject: Out of office\r\n\r\n").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        for kind in ["text/plain", "application/jsonp", ""] {
            let status = sent.post(TOKEN, kind, good.to_string()).await;
            assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
        }
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let mut request = asked(json, good.to_string());
            *request.method_mut() = method.clone();
            let (status, _) = sent.answered(request).await;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        }
        let mut basic = asked(json, good.to_string());
        let header = format!("Basic {TOKEN}").parse().expect("a header");
        basic.headers_mut().insert(header::AUTHORIZATION, header);
        assert_eq!(sent.answered(basic).await.0, StatusCode::UNAUTHORIZED);
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
async fn a_moment_that_cannot_be_is_taken_for_the_nearest_that_can() {
    both(async |world| {
        let sent = Sent::new(world).await;
        let far = ["-200000-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "+200000-01-01T00:00:00Z"];
        for (number, at) in far.into_iter().enumerate() {
            let event = json!({ "event": "bounced", "message_id": sent.header(), "at": at,
                "status": "4.2.2", "id": number.to_string() });
            assert_eq!(sent.event(event).await, StatusCode::NO_CONTENT, "{at}");
        }
        let rows = mail_feedback::Entity::find().all(sent.world.db.reader()).await.expect("rows");
        let (first, now) = (sent.message.created_at, sent.world.clock.now());
        assert_eq!(rows.len(), 3, "{}", sent.world.name);
        assert!(rows.iter().all(|row| first <= row.happened_at && row.happened_at <= now));
        assert!(list(&sent.world).await.is_empty(), "all on one day");
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
