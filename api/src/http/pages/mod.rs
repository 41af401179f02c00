//! Server-rendered pages that links in mails open. GET shows, POST acts; nothing needs JavaScript.

mod arranged;
mod booking;
mod obligation;
pub(crate) mod parts;
mod preferences;
mod survey;
mod survey_entrance;
pub(crate) mod survey_guesses;
mod survey_instead;
mod survey_views;
mod unsubscribe;
mod visit;
mod visit_form;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use entity::messages::notices::{BookingView, VisitView};
use rules::links::{Link, LinkFault, Purpose};

use self::arranged::{act, calendar, show};
use self::parts::PageError;
use crate::app::App;
use crate::http::sign_in;

/// Largest form: a note of 2,000 characters, every one of them escaped.
const LARGEST_FORM: usize = 32 * 1024;

/// Largest page of answers: several texts of 2,000 characters, every one of them escaped.
const LARGEST_ANSWERS: usize = 256 * 1024;

/// The routes of the pages, to be merged into the api's own.
pub fn router() -> Router<App> {
    Router::new()
        .route("/o/{token}", get(obligation::show).post(obligation::report))
        .route("/v/{token}", get(show::<VisitView>).post(act::<VisitView>))
        .route("/v/{token}/calendar.ics", get(calendar::<VisitView>))
        .route("/b/{token}", get(show::<BookingView>).post(act::<BookingView>))
        .route("/b/{token}/calendar.ics", get(calendar::<BookingView>))
        .route("/preferences/{token}", get(preferences::show).post(preferences::choose))
        .route(
            "/preferences/{token}/unsubscribe/{kind}",
            get(unsubscribe::show).post(unsubscribe::act),
        )
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .merge(surveys())
        .merge(sign_in::oidc::router())
        .merge(sign_in::pages::router().layer(DefaultBodyLimit::max(LARGEST_FORM)))
        .layer(map_response(guard))
}

/// The pages on which a survey is answered: by a code, or by a contact's own link.
fn surveys() -> Router<App> {
    let mut router =
        Router::new().route("/survey", get(survey::ask_for_code).post(survey::look_up_code));
    for entrance in ["/survey/{code}", "/s/{token}"] {
        router = router
            .route(entrance, get(survey::welcome).post(survey::begin))
            .route(&format!("{entrance}/{{submission}}"), get(survey::go_on))
            .route(
                &format!("{entrance}/{{submission}}/{{step}}"),
                get(survey::show).post(survey::act),
            );
    }
    router
        .layer(DefaultBodyLimit::max(LARGEST_ANSWERS))
        .layer(Extension(Arc::new(survey_guesses::Guesses::default())))
}

/// A page holds a link's rights in its address and personal data in its text: it is not kept, not
/// framed, runs nothing, and tells no other site where it was.
async fn guard(mut response: Response) -> Response {
    let policy = "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; \
                  frame-ancestors 'none'; base-uri 'none'";
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Where browsers would not say which page a form came from, that of signing in says otherwise.
    let policy = headers.entry(header::REFERRER_POLICY);
    policy.or_insert(HeaderValue::from_static("no-referrer"));
    // The address is a key: no search engine should keep one that strayed.
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    response
}

/// A link whose seal and last day were checked, with its token.
struct Opened {
    token: String,
    link: Link,
}

impl FromRequestParts<App> for Opened {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageError> {
        let Ok(Path(token)) = Path::<String>::from_request_parts(parts, app).await else {
            return Err(PageError::Unknown);
        };
        Self::read(app, token).await
    }
}

impl Opened {
    /// Opens a token as of now.
    async fn read(app: &App, token: String) -> Result<Self, PageError> {
        let secret = parts::secret(app).await?;
        match Link::open(secret.as_bytes(), &token, app.clock.now()) {
            Ok(link) => Ok(Self { token, link }),
            Err(LinkFault::Garbled) => Err(PageError::Unknown),
            Err(LinkFault::Expired) => Err(PageError::Expired),
        }
    }

    /// The obligation this link is for.
    fn obligation(&self) -> Result<uuid::Uuid, PageError> {
        match self.link.purpose {
            Purpose::Obligation(id) => Ok(id),
            _ => Err(PageError::Unknown),
        }
    }

    /// Refuses a link that is not for choosing mails.
    fn is_for_preferences(&self) -> Result<(), PageError> {
        match self.link.purpose {
            Purpose::Preferences => Ok(()),
            _ => Err(PageError::Unknown),
        }
    }
}
