//! The pages that links in mails open.

mod bookings;
mod obligations;
mod preferences;
mod visits;

use api::app::App;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use entity::audit::audit_entry;
use entity::enrolments::obligation;
use entity::people::secrets;
use rules::links::{Link, Purpose};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use tests::World;
use tests::notices::{pass_at, sent};
use tests::rise::{Rise, at};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

const SECRET: &str = "a secret of the tests, long enough to be one";

/// The pages over a seeded programme, at 08:00 on 5 October 2026.
struct Pages {
    world: World,
    rise: Rise,
    router: Router,
    /// The partner's self-assessment.
    obligation: obligation::Model,
}

struct Answer {
    status: StatusCode,
    location: Option<String>,
    text: String,
}

impl Pages {
    async fn new(world: World) -> Self {
        Self::with(world, &["Demo Ash School"]).await
    }

    async fn with(world: World, partners: &[&str]) -> Self {
        let rise = Rise::seed(&world, partners).await;
        world.clock.set(at("2026-10-05T07:00:00Z"));
        let txn = world.db.write().await.expect("a transaction");
        let now = world.clock.now();
        let secret = secrets::shared(&txn, now, secrets::LINKS, SECRET.to_owned()).await;
        assert_eq!(secret.expect("a secret"), SECRET);
        txn.commit().await.expect("commit");
        let mut app =
            App::open(world.config.clone(), CancellationToken::new()).await.expect("opens");
        app.clock = world.clock.clone();
        let partner = rise.partners[0];
        let obligation = rise.obligation(&world, partner.enrolment, "self_assessment").await;
        Self { router: api::http::pages::router().with_state(app), world, rise, obligation }
    }

    fn link(&self, person: Uuid) -> String {
        let purpose = Purpose::Obligation(self.obligation.id);
        format!("/o/{}", self.token(purpose, person))
    }

    fn token(&self, purpose: Purpose, person: Uuid) -> String {
        Link::mailed(purpose, person, self.world.clock.now()).seal(SECRET.as_bytes())
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let headers = response.headers();
        for (name, part) in [
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-store"),
        ] {
            let value = headers.get(name).expect("the header").to_str().expect("text");
            assert!(value.contains(part), "{value}");
        }
        let location = headers.get(header::LOCATION);
        let location = location.map(|value| value.to_str().expect("text").to_owned());
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        let text = String::from_utf8(body.to_vec()).expect("text");
        Answer { status, location, text }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .expect("a request");
        self.ask(request).await
    }

    async fn row(&self) -> obligation::Model {
        let row = obligation::Entity::find_by_id(self.obligation.id);
        row.one(self.world.db.reader()).await.expect("a read").expect("the obligation")
    }

    /// What is in the audit.
    async fn audit(&self) -> Vec<audit_entry::Model> {
        let rows = audit_entry::Entity::find().order_by_asc(audit_entry::Column::Id);
        rows.all(self.world.db.reader()).await.expect("a read")
    }

    /// What a pass of the worker at a moment mailed of a kind to somebody last: the page that its
    /// one link of ours opens.
    async fn mailed(&self, moment: &str, kind: &str, person: Uuid) -> String {
        pass_at(&self.world, moment).await;
        let mails = sent(&self.world, &[kind]).await;
        let mail = mails.iter().rfind(|mail| mail.person == person).expect("a mail");
        let address = &self.world.config.http.public_url;
        let mut words = mail.text.split_whitespace();
        let link = words.find_map(|word| word.strip_prefix(address.as_str())).expect("a link");
        link.to_owned()
    }

    fn head(&self) -> Uuid {
        self.rise.partners[0].head
    }
}
