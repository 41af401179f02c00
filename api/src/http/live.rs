//! Live connections: sockets and event streams. How many there may be, whose, from which pages, and
//! when they end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, HOST, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::Response;
use runtime::config::LiveConfig;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::refusal::{JSON, RESPONSE};
use super::{cors, graphql, sse, ws};
use crate::app::App;

/// How many subscriptions of a process look for changes at the same time.
const TURNS: usize = 2;

/// The live connections of a process.
#[derive(Clone, Debug)]
pub struct Live(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    stop: CancellationToken,
    most: u32,
    free: Arc<Semaphore>,
    most_of_one: u32,
    people: Mutex<HashMap<Uuid, u32>>,
    turns: Arc<Semaphore>,
}

/// A person's place among the live connections; given back when dropped.
#[derive(Debug)]
pub(super) struct Guest {
    live: Live,
    person: Uuid,
}

impl Live {
    /// No connections yet, and none after `stop`.
    #[must_use]
    pub fn new(config: &LiveConfig, stop: CancellationToken) -> Self {
        Self(Arc::new(Shared {
            stop,
            most: config.connections,
            free: Arc::new(Semaphore::new(config.connections as usize)),
            most_of_one: config.connections_per_person,
            people: Mutex::default(),
            turns: Arc::new(Semaphore::new(TURNS)),
        }))
    }

    /// Waits until every connection has ended.
    pub async fn ended(&self) {
        // Nobody closes it, so this can only succeed.
        let _ = self.0.free.acquire_many(self.0.most).await;
    }

    /// Resolves when connections are to end.
    pub(super) async fn stopped(&self) {
        self.0.stop.cancelled().await;
    }

    /// Room for one more connection, held until dropped; none if all is taken.
    pub(super) fn room(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.free).try_acquire_owned().ok()
    }

    /// One more connection of a person, unless they have enough.
    pub(super) fn welcome(&self, person: Uuid) -> Option<Guest> {
        let mut people = self.0.people.lock().unwrap_or_else(PoisonError::into_inner);
        let count = people.entry(person).or_default();
        if *count >= self.0.most_of_one {
            return None;
        }
        *count += 1;
        Some(Guest { live: self.clone(), person })
    }

    /// What subscriptions queue for when they look.
    pub(super) fn turns(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.turns)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut people = self.live.0.people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = people.get_mut(&self.person) {
            *count -= 1;
            if *count == 0 {
                people.remove(&self.person);
            }
        }
    }
}

/// Answers GraphQL in the way the client asks for: over a socket, as a stream, or at once.
pub async fn handle(
    State(app): State<App>,
    Extension(live): Extension<Live>,
    request: Request,
) -> Response {
    if names(request.headers(), &UPGRADE, "websocket") {
        ws::open(app, live, request).await
    } else if wants_stream(request.headers()) {
        sse::open(app, live, request).await
    } else {
        graphql::handle(State(app), request).await
    }
}

/// Whether a header that holds a list has this word in it.
fn names(headers: &HeaderMap, header: &HeaderName, word: &str) -> bool {
    list(headers, header).any(|part| part.eq_ignore_ascii_case(word))
}

/// Whether the client names a stream before any kind of answer at once. Some can read both, and
/// name it last.
fn wants_stream(headers: &HeaderMap) -> bool {
    let known = ["text/event-stream", RESPONSE, JSON];
    let first = list(headers, &ACCEPT)
        .find_map(|part| known.iter().find(|known| part.eq_ignore_ascii_case(known)));
    first == known.first()
}

/// The words of a header that holds a list, without their parameters.
fn list<'a>(headers: &'a HeaderMap, header: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .filter_map(|part| part.split(';').next())
        .map(str::trim)
}

/// Whether the page that asks, if it is a page, is one of ours or one that settings allow. A browser
/// lets any page open a socket to anywhere, and send some requests; it only says which page it was.
pub(super) fn may_ask(app: &App, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let asking = origin.split_once("://").map(|(_, host)| host);
    (asking.is_some() && asking == host)
        || origin.eq_ignore_ascii_case(&app.config.http.origin())
        || cors::is_allowed(app, headers)
}
