//! The floor: the four operations written by hand, one statement for each level, as quick as we know
//! how, in the same shape of process: an axum handler that looks the token up, reads what its owner
//! may see, and writes rows to JSON. It knows the two roles that ask here and these four operations,
//! nothing more, and takes no snapshot.

mod json;
mod postgres;
mod rows;
mod seen;
mod sqlite;
mod writer;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use runtime::clock::Clock;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A role of those who ask here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    HubLead,
    RegionalLead,
}

/// Who asks: what they are, and of which hub or region.
#[derive(Clone, Copy, Debug)]
pub struct Viewer {
    role: Role,
    of: Uuid,
}

impl Viewer {
    /// From a row of role, region and hub for each role; none for whom the floor does not know. Those
    /// who ask here have one role each, so that an equation does, where the graph has lists.
    fn read<'r>(
        mut roles: impl Iterator<Item = (Option<&'r str>, Option<Uuid>, Option<Uuid>)>,
    ) -> Option<Self> {
        let (role, region, hub) = roles.next()?;
        let viewer = match role? {
            "hub_lead" => Self { role: Role::HubLead, of: hub? },
            "regional_lead" => Self { role: Role::RegionalLead, of: region? },
            _ => return None,
        };
        roles.next().is_none().then_some(viewer)
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    Point { school: Uuid },
    Dashboard { hub: Uuid, term: Uuid },
    Inbox,
    Heavy,
}

/// One request.
#[derive(Debug)]
pub struct Request {
    token_hash: String,
    asked: Asked,
    now: DateTime<Utc>,
}

/// A database.
#[derive(Clone)]
enum Store {
    Postgres(Arc<postgres::Pool>),
    Sqlite(Arc<sqlite::Pool>),
}

/// Serves until ended.
pub fn serve(url: &str) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let store = match url.strip_prefix("sqlite://") {
            Some(file) => Store::Sqlite(Arc::new(sqlite::Pool::open(file)?)),
            None => Store::Postgres(Arc::new(postgres::Pool::open(url).await?)),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on http://{}", listener.local_addr()?);
        let router = Router::new().route("/graphql", post(handle)).with_state(store);
        // As the api does.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, router).await?)
    })
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "operationName")]
    operation: String,
    variables: Variables,
}

#[derive(Deserialize)]
struct Variables {
    id: Option<String>,
    hub: Option<String>,
    term: Option<String>,
}

async fn handle(State(store): State<Store>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(request) = read(&headers, &body, Clock::machine().now()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let answer = match &store {
        Store::Postgres(pool) => pool.answer(&request).await,
        Store::Sqlite(pool) => pool.answer(request).await,
    };
    match answer {
        Ok(Some(json)) => {
            let mut response = json.into_response();
            let headers = response.headers_mut();
            let json = HeaderValue::from_static("application/json; charset=utf-8");
            headers.insert(CONTENT_TYPE, json);
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Ok(None) => StatusCode::UNAUTHORIZED.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response(),
    }
}

fn read(headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Option<Request> {
    let token = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    let body: Body = serde_json::from_slice(body).ok()?;
    let variables = &body.variables;
    let asked = match body.operation.as_str() {
        "point" => Asked::Point { school: local(variables.id.as_deref()?)? },
        "dashboard" => Asked::Dashboard {
            hub: local(variables.hub.as_deref()?)?,
            term: local(variables.term.as_deref()?)?,
        },
        "inbox" => Asked::Inbox,
        "heavy" => Asked::Heavy,
        _ => return None,
    };
    Some(Request { token_hash: format!("{:x}", Sha256::digest(token.as_bytes())), asked, now })
}

/// The row of a global id.
fn local(id: &str) -> Option<Uuid> {
    let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
    Uuid::from_slice(bytes.get(bytes.len().checked_sub(16)?..)?).ok()
}
