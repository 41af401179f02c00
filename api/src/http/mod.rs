//! The door: GraphQL handler, sockets and streams, principals, health, and the pages that links in mails open.

mod cors;
pub mod feedback;
pub mod graphiql;
pub mod graphql;
pub mod health;
pub mod live;
pub mod pages;
pub mod principal;
mod reading;
mod refusal;
pub mod request_id;
pub mod server;
pub mod sign_in;
mod sse;
mod ws;

use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use tower_http::timeout::TimeoutLayer;

use crate::app::App;
use live::Live;
use tokio_util::sync::CancellationToken;

/// Everything the api serves, its subscriptions without end.
pub fn router(app: App) -> Router {
    let live = Live::new(&app.config.live, CancellationToken::new());
    router_with(app, live)
}

/// Everything the api serves.
pub fn router_with(app: App, live: Live) -> Router {
    let graphiql = if app.config.http.graphiql { graphiql::router() } else { Router::new() };
    let limit = Duration::from_secs(app.config.http.timeout_seconds);
    let pages = pages::router();
    let pages = pages.layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limit));
    let feedback = Router::new().route("/feedback/mail", post(feedback::handle));
    let feedback =
        feedback.layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limit));
    let graph = cors::share(&app, any(live::handle).layer(Extension(live)));
    Router::new()
        .route("/graphql", graph)
        .route("/healthz", get(health::lives))
        .route("/readyz", get(health::ready))
        .merge(pages)
        .merge(feedback)
        .merge(graphiql)
        .layer(axum::middleware::from_fn_with_state(app.clone(), request_id::carry))
        .with_state(app)
}
