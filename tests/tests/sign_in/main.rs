//! Signing in by a link in a mail, and what a session and a token allow then.

mod headings;
mod links;
mod origins;
mod own_page;
mod rights;
mod sessions;

use api::app::App;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use entity::audit::audit_entry;
use entity::people::person;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tests::World;
use tests::mails::delivered;
use tests::rise::Rise;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

/// A page that browsers say is ours.
const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");
/// Who has a part in the first partner.
const HEAD: &str = "head@demo-ash.example";

/// The api over a small programme.
struct Door {
    world: World,
    rise: Rise,
    app: App,
    router: Router,
}

/// An answer.
#[derive(Debug)]
struct Seen {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Seen {
    /// The cookie that it sets, as a browser sends it.
    fn cookie(&self) -> Option<String> {
        let set = self.headers.get(header::SET_COOKIE)?.to_str().expect("text");
        for part in ["Path=/", "HttpOnly", "SameSite=Lax"] {
            assert!(set.contains(part), "{set}");
        }
        set.split(';').next().map(str::to_owned)
    }
}

impl Door {
    async fn open(world: World) -> Self {
        Self::with(world, |_| {}).await
    }

    async fn with(mut world: World, change: impl Fn(&mut runtime::config::Config)) -> Self {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        change(&mut world.config);
        person::Entity::update_many()
            .col_expr(person::Column::Email, Expr::value(HEAD))
            .filter(person::Column::Id.eq(rise.partners[0].head))
            .exec(world.db.migrator())
            .await
            .expect("an address");
        let txn = world.db.write().await.expect("a transaction");
        let role =
            entity::people::grants::Grant::SchoolUser { setting_id: rise.partners[0].setting };
        let head = rise.partners[0].head;
        entity::people::grants::grant(&txn, world.clock.now(), head, role).await.expect("a role");
        txn.commit().await.expect("commit");
        let app = App::open(world.config.clone(), CancellationToken::new()).await.expect("opens");
        let app = App { clock: world.clock.clone(), ..app };
        Self { router: api::http::router(app.clone()), world, rise, app }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Seen {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        Seen { status, headers, text: String::from_utf8(body.to_vec()).expect("text") }
    }

    async fn get(&self, path: &str, cookie: &str) -> Seen {
        self.ask(Method::GET, path, &[("cookie", cookie)], "").await
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], form: &str) -> Seen {
        let form_kind = ("content-type", "application/x-www-form-urlencoded");
        self.ask(Method::POST, path, &[&[form_kind], headers].concat(), form).await
    }

    /// Asks for a link as somebody whose address that is.
    async fn ask_for_link(&self, email: &str) -> Seen {
        self.post("/sign-in", &[OURS], &format!("email={}", email.replace('@', "%40"))).await
    }

    /// The paths of the links that the worker mailed to an address, the latest last.
    async fn mailed(&self, email: &str) -> Vec<String> {
        let stop = CancellationToken::new();
        let config = self.world.config.clone();
        let worker = worker::app::App::open(config, self.world.clock.clone(), stop.clone()).await;
        let pass = worker::pass::run(&worker.expect("the worker opens"), &stop).await;
        for (job, _, done) in &pass.ran {
            assert!(done.is_ok(), "{job:?}: {done:?}");
        }
        let public = format!("{}/sign-in/link/", self.world.config.http.public_url);
        let mails = delivered(&self.world.config.mail.folder);
        let mails = mails.iter().filter(|mail| mail.to == email);
        let links = mails.flat_map(|mail| mail.links().map(str::to_owned).collect::<Vec<_>>());
        let links = links.filter_map(|link| {
            let token = link.strip_prefix(&public)?;
            Some(format!("/sign-in/link/{token}"))
        });
        links.collect()
    }

    /// The cookie of a session of the head's, opened by a link from a mail.
    async fn signed_in(&self) -> String {
        assert_eq!(self.ask_for_link(HEAD).await.status, StatusCode::OK);
        // All but the latest open nothing.
        for link in self.mailed(HEAD).await {
            let seen = self.post(&link, &[OURS], "").await;
            if seen.status == StatusCode::SEE_OTHER {
                return seen.cookie().expect("a cookie");
            }
        }
        panic!("no link signs in");
    }

    /// Asks the graph who somebody is, with these headers.
    async fn viewer(&self, headers: &[(&str, &str)]) -> Seen {
        let kind = ("content-type", "application/json");
        let body = r#"{"query":"{ viewer { email } }"}"#;
        self.ask(Method::POST, "/graphql", &[&[kind], headers].concat(), body).await
    }

    /// Whether a session's cookie is taken.
    async fn is_signed_in(&self, cookie: &str) -> bool {
        let seen = self.viewer(&[OURS, ("cookie", cookie)]).await;
        match seen.status {
            StatusCode::OK => assert!(seen.text.contains(HEAD), "{}", seen.text),
            other => assert_eq!(other, StatusCode::UNAUTHORIZED, "{}", seen.text),
        }
        seen.status == StatusCode::OK
    }

    /// What signing in was audited as, in order: action, whose, detail.
    async fn audited(&self) -> Vec<(String, Option<Uuid>, String)> {
        let rows = audit_entry::Entity::find().order_by_asc(audit_entry::Column::Id);
        let rows = rows.all(self.world.db.reader()).await.expect("a read").into_iter();
        let signing = ["sign", "session", "token"];
        let rows = rows.filter(|row| signing.iter().any(|word| row.action.starts_with(word)));
        rows.map(|row| (row.action, row.by_person, row.detail)).collect()
    }
}
