//! Which pages of other origins may ask the graph, and read what it answers: those in the setting
//! `live.origins`. A browser lets no page read what another origin answers unless that origin says
//! so, and asks first, with OPTIONS, before it sends what no form could. The pages of signing in
//! say so to nobody.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ORIGIN, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::MethodRouter;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::refusal::{JSON, refuse, turned};
use super::request_id;
use crate::app::App;

/// Headers with which clients show that no form sent a request. We need neither: what a form may
/// send is refused by its type. Clients that send them are not to be stopped for it.
const NO_FORM: [HeaderName; 2] = [
    HeaderName::from_static("graphql-preflight"),
    HeaderName::from_static("apollo-require-preflight"),
];
/// How long a browser remembers what it was told.
const REMEMBERED: Duration = Duration::from_hours(1);

/// Shares a route with the pages of the origins in the settings, if there are any.
pub fn share(app: &App, route: MethodRouter<App>) -> MethodRouter<App> {
    let origins = app.config.live.origins().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let origins: Vec<_> = origins.collect();
    if origins.is_empty() {
        return route;
    }
    let [graphql, apollo] = NO_FORM;
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([ACCEPT, AUTHORIZATION, CONTENT_TYPE, request_id::HEADER, graphql, apollo])
        .expose_headers([RETRY_AFTER, request_id::HEADER])
        .max_age(REMEMBERED);
    route.layer(cors).layer(from_fn_with_state(app.clone(), turn_away))
}

/// Whether a page of an origin in the settings asks.
#[must_use]
pub fn is_allowed(app: &App, headers: &HeaderMap) -> bool {
    let Some(asking) = headers.get(ORIGIN) else { return false };
    app.config.live.origins().any(|origin| asking == origin)
}

/// To everybody else OPTIONS is a method that is not there.
async fn turn_away(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS && !is_allowed(&app, request.headers()) {
        let message = "send a query with GET or POST, a mutation with POST";
        return refuse(&turned(StatusCode::METHOD_NOT_ALLOWED, message), JSON);
    }
    next.run(request).await
}
