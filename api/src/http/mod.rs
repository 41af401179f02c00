//! The door: GraphQL handler, principals, health, and the pages that links in mails open.

pub mod graphql;
pub mod health;
pub mod pages;
pub mod principal;
pub mod request_id;

use axum::Router;
use axum::routing::{any, get};

use crate::app::App;

/// Everything the api serves.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/graphql", any(graphql::handle))
        .route("/healthz", get(health::lives))
        .route("/readyz", get(health::ready))
        .merge(pages::router())
        .layer(axum::middleware::from_fn_with_state(app.clone(), request_id::carry))
        .with_state(app)
}
