//! The pages that links in mails open, asked without a network.

use api::app::App;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, Request, StatusCode, header};
use entity::people::secrets;
use rules::links::{Link, Purpose};
use runtime::clock::Clock;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::World;

/// How browsers send a form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// What seals the links.
const SECRET: &str = "a secret of the tests, long enough to be one";

/// The pages over a world, at the time of its clock.
#[derive(Clone)]
pub struct Pages {
    router: Router,
    clock: Clock,
}

/// What a page answers.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Where it leads; empty if nowhere.
    pub location: String,
    /// For how many seconds to wait before asking again, if it says so.
    pub retry_after: Option<String>,
    /// The page.
    pub text: String,
}

impl Pages {
    /// Opens them.
    ///
    /// # Panics
    /// The database fails.
    pub async fn open(world: &World) -> Self {
        let txn = world.db.write().await.expect("a transaction");
        let now = world.clock.now();
        let secret = secrets::shared(&txn, now, secrets::LINKS, SECRET.to_owned()).await;
        assert_eq!(secret.expect("a secret"), SECRET);
        txn.commit().await.expect("commit");
        let app = App::open(world.config.clone(), CancellationToken::new()).await.expect("opens");
        let clock = world.clock.clone();
        let app = App { clock: clock.clone(), ..app };
        Self { router: api::http::pages::router().with_state(app), clock }
    }

    /// The token of a link that is mailed to somebody now.
    #[must_use]
    pub fn token(&self, purpose: Purpose, person: Uuid) -> String {
        Link::mailed(purpose, person, self.clock.now()).seal(SECRET.as_bytes())
    }

    /// Looks at a page.
    ///
    /// # Panics
    /// It is no page as ours are.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    /// Sends a form.
    ///
    /// # Panics
    /// It is not answered by a page as ours are.
    pub async fn post(&self, path: &str, form: &str) -> Answer {
        self.post_as(path, FORM, form).await
    }

    /// Sends a body of a content type.
    ///
    /// # Panics
    /// It is not answered by a page as ours are.
    pub async fn post_as(&self, path: &str, kind: &str, body: &str) -> Answer {
        let request = Request::post(path).header(header::CONTENT_TYPE, kind);
        self.ask(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// Asks what only a whole request can.
    ///
    /// # Panics
    /// It is not answered by a page as ours are.
    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let headers = response.headers().clone();
        let header = |name: HeaderName| {
            headers.get(name).map(|value| value.to_str().expect("text").to_owned())
        };
        let policy = header(header::CONTENT_SECURITY_POLICY).expect("a policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("script"), "{policy}");
        assert_eq!(header(header::REFERRER_POLICY).as_deref(), Some("no-referrer"));
        assert_eq!(header(header::CACHE_CONTROL).as_deref(), Some("no-store"));
        assert_eq!(header(header::SET_COOKIE), None);
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        let text = String::from_utf8(body.to_vec()).expect("text");
        assert!(!text.contains("<script"), "{text}");
        let location = header(header::LOCATION).unwrap_or_default();
        Answer { status, location, retry_after: header(header::RETRY_AFTER), text }
    }
}
