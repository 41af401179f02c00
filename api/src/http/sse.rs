//! GraphQL over an event stream: one request, one stream of answers, as the protocol of graphql-sse
//! has it in its "distinct connections mode".

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request as HttpRequest;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::OwnedSemaphorePermit;

use super::graphql::{asked, caller, read_only, too_slow};
use super::live::{Guest, Live};
use super::refusal::{JSON, Turned, refuse, respond_to, turned};
use crate::app::App;
use crate::read::code::{Code, REQUEST_ID, request_id};
use crate::read::watch::Watch;
use crate::read::{Begun, begin};

/// How often a silent stream shows that it lives, so that nothing between us takes it for dead.
const BEAT: Duration = Duration::from_secs(12);
/// Tells a proxy not to hold events back.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A stream of answers under way.
struct Stream {
    source: Source,
    live: Live,
    request_id: String,
    _room: OwnedSemaphorePermit,
    _guest: Guest,
}

/// Where the next part of a stream comes from.
enum Source {
    Watch(Box<Watch>),
    Last(Vec<u8>),
    Complete,
    Nowhere,
}

/// Answers a request with a stream.
pub async fn open(app: App, live: Live, request: HttpRequest) -> Response {
    begun(&app, live, request).await.unwrap_or_else(|refused| refuse(&refused, JSON))
}

async fn begun(app: &App, live: Live, request: HttpRequest) -> Result<Response, Turned> {
    let now = app.clock.now();
    let read_only = read_only(app, &request)?;
    let limit = Duration::from_secs(app.config.http.timeout_seconds);
    let late = |_| too_slow(app);
    let asked = tokio::time::timeout(limit, asked(request, read_only));
    let (asked, headers) = asked.await.map_err(late)??;
    let caller = caller(app, &headers, now, read_only).await?;
    let room = live.room().ok_or_else(|| {
        turned(StatusCode::SERVICE_UNAVAILABLE, "too many live connections; try again shortly")
    })?;
    let guest = live.welcome(caller.viewer.person_id).ok_or_else(|| {
        let message = "you have too many live connections; close one first";
        turned(StatusCode::TOO_MANY_REQUESTS, message)
    })?;
    let scope = caller.scope();
    let begun = begin(app, &scope, now, &asked, read_only);
    let source = match tokio::time::timeout(limit, begun).await.map_err(late)? {
        // For these a browser's stream does not come again at once.
        Begun::Answered(answer)
            if matches!(answer.code, Some(Code::MethodNotAllowed | Code::RateLimited)) =>
        {
            return Ok(respond_to(answer, JSON));
        }
        Begun::Answered(answer) => Source::Last(answer.into_body()),
        Begun::Subscribed(plan) => {
            Source::Watch(Box::new(Watch::new(app, caller, plan, live.turns())))
        }
    };
    let request_id = request_id().unwrap_or_default();
    let stream = Stream { source, live, request_id, _room: room, _guest: guest };
    // The next part is asked for when the last one has left: what a slow reader does not take is
    // not read.
    let parts = futures::stream::unfold(stream, |mut stream| async move {
        let part = REQUEST_ID.scope(stream.request_id.clone(), stream.next()).await?;
        Some((Ok::<_, Infallible>(part), stream))
    });
    let headers = [
        (CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (BUFFERING, "no"),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
}

impl Stream {
    async fn next(&mut self) -> Option<String> {
        match std::mem::replace(&mut self.source, Source::Nowhere) {
            Source::Nowhere => None,
            Source::Complete => Some("event: complete\ndata:\n\n".to_owned()),
            Source::Last(body) => {
                self.source = Source::Complete;
                Some(next(&body))
            }
            Source::Watch(mut watch) => {
                let part = tokio::select! {
                    // Without a last word, so that the client comes back to another of us.
                    () = self.live.stopped() => return None,
                    () = tokio::time::sleep(BEAT) => Ok(":\n\n".to_owned()),
                    event = watch.next() => event.map(|body| next(&body)),
                };
                match part {
                    Ok(part) => {
                        self.source = Source::Watch(watch);
                        Some(part)
                    }
                    Err(ended) => {
                        self.source = Source::Complete;
                        Some(next(&ended.answer().body))
                    }
                }
            }
        }
    }
}

fn next(body: &[u8]) -> String {
    format!("event: next\ndata: {}\n\n", String::from_utf8_lossy(body))
}
