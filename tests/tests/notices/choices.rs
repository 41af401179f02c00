//! Having no more mails of an optional kind: by the page, and by one request of a mail program.

use api::app::App;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use entity::audit::audit_entry;
use entity::messages::unwanted_mail;
use entity::people::secrets;
use rules::links::{Link, Purpose};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use tests::rise::Rise;
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

const SECRET: &str = "a secret of the tests, long enough to be one";

struct Pages {
    router: Router,
    world: World,
}

impl Pages {
    async fn new(world: World) -> Self {
        let txn = world.db.write().await.expect("a transaction");
        let now = world.clock.now();
        secrets::shared(&txn, now, secrets::LINKS, SECRET.to_owned()).await.expect("a secret");
        txn.commit().await.expect("commit");
        let mut app =
            App::open(world.config.clone(), CancellationToken::new()).await.expect("opens");
        app.clock = world.clock.clone();
        Self { router: api::http::pages::router().with_state(app), world }
    }

    fn path(&self, person: Uuid) -> String {
        let link = Link::mailed(Purpose::Preferences, person, self.world.clock.now());
        format!("/preferences/{}", link.seal(SECRET.as_bytes()))
    }

    async fn ask(&self, method: &str, path: &str, kind: &str, body: &str) -> (StatusCode, String) {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::CONTENT_TYPE, kind).body(Body::from(body.to_owned()));
        let answer = self.router.clone().oneshot(request.expect("a request")).await;
        let answer = answer.expect("an answer");
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    async fn form(&self, path: &str, body: &str) -> StatusCode {
        self.ask("POST", path, "application/x-www-form-urlencoded", body).await.0
    }

    async fn unwanted(&self) -> Vec<(Uuid, String)> {
        let rows = unwanted_mail::Entity::find().all(self.world.db.reader()).await.expect("a read");
        rows.into_iter().map(|row| (row.person_id, row.kind)).collect()
    }
}

#[tokio::test]
async fn one_request_has_no_more_of_them_sent_and_looking_does_nothing() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        rise.want_summaries(&world).await;
        let pages = Pages::new(world).await;
        let path = format!("{}/unsubscribe/hub_week", pages.path(rise.lead));
        let (status, text) = pages.ask("GET", &path, "text/html", "").await;
        assert_eq!(status, StatusCode::OK);
        assert!(text.contains("Send me no more of these"), "{text}");
        assert_eq!(pages.unwanted().await, []);

        // As RFC 8058 has it, and as a form of ours.
        let multipart = "multipart/form-data; boundary=x";
        let body = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
                    One-Click\r\n--x--\r\n";
        for (kind, body) in [
            (multipart, body),
            ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
            ("application/x-www-form-urlencoded", ""),
        ] {
            let (status, text) = pages.ask("POST", &path, kind, body).await;
            assert_eq!(status, StatusCode::OK);
            assert!(text.contains("You do not get this mail any more"), "{text}");
            assert_eq!(pages.unwanted().await, [(rise.lead, "hub_week".to_owned())]);
        }
        let entries = audit_entry::Entity::find().count(pages.world.db.reader()).await;
        assert_eq!(entries.expect("a read"), 1, "asking again is no deed");
        let (_, text) = pages.ask("GET", &path, "text/html", "").await;
        assert!(text.contains("You do not get this mail any more"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn duties_and_unknown_kinds_cannot_be_refused() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let pages = Pages::new(world).await;
        let good = pages.path(rise.lead);
        let wrong = good.replacen("/preferences/", "/preferences/x", 1);
        for path in [
            format!("{good}/unsubscribe/digest"),
            format!("{good}/unsubscribe/visit_agreed"),
            format!("{good}/unsubscribe/nonsense"),
            format!("{wrong}/unsubscribe/hub_week"),
        ] {
            for method in ["GET", "POST"] {
                let (status, _) = pages.ask(method, &path, "text/plain", "").await;
                assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}");
            }
        }
        assert_eq!(pages.unwanted().await, []);
    })
    .await;
}

#[tokio::test]
async fn people_choose_among_the_kinds_that_their_roles_bring() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let pages = Pages::new(world).await;
        for (person, offered) in [
            (rise.lead, &["hub_week"][..]),
            (rise.admin, &["alert_digest"]),
            (rise.partners[0].head, &[]),
        ] {
            let (_, text) = pages.ask("GET", &pages.path(person), "text/html", "").await;
            for kind in ["hub_week", "alert_digest"] {
                let shown = text.contains(&format!("value=\"{kind}\""));
                assert_eq!(shown, offered.contains(&kind), "{kind}");
            }
        }
        let path = pages.path(rise.lead);
        // What is not on offer is not theirs to choose.
        pages.form(&path, "form=mails&digest_minute=&optional_mail=yes&kind=alert_digest").await;
        assert_eq!(pages.unwanted().await, [(rise.lead, "hub_week".to_owned())]);
        let (_, text) = pages.ask("GET", &path, "text/html", "").await;
        assert!(text.contains("name=\"kind\" value=\"hub_week\" aria-describedby=\"kinds_hint\">"));
        pages.form(&path, "form=mails&digest_minute=&optional_mail=yes&kind=hub_week").await;
        assert_eq!(pages.unwanted().await, []);
    })
    .await;
}
