//! GraphQL over a WebSocket, as the protocol graphql-transport-ws has it. One task reads what the
//! client says, one writes, and each operation has its own. All they write goes through one short
//! queue: when the client does not take what is sent, the queue fills and they wait.

mod messages;
mod operations;

use std::time::Duration;

use apollo_compiler::response::JsonMap;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts as _, Request as HttpRequest};
use axum::http::StatusCode;
use axum::response::Response;
use entity::people::principal::Proof;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use runtime::allowance::{Purse, Terms};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::live::{Guest, Live, may_ask};
use super::principal;
use super::reading::MAX_BODY;
use super::refusal::{JSON, refuse, turned};
use crate::app::App;
use crate::read::caller::Caller;
use crate::read::code::{REQUEST_ID, request_id};
use messages::{Close, Heard, Out};
use operations::Operations;

/// The subprotocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// Messages that wait for the client to take them.
const QUEUE: usize = 8;
/// Longest wait for a client to hear that its socket is closed.
const GOODBYE: Duration = Duration::from_secs(2);
/// A message of more bytes is not even read to its end. One that is too big and smaller than this
/// is told so: a connection dropped half-way through it would not carry the word.
const TORRENT: usize = 4 * MAX_BODY;
/// Seconds' worth of messages that may come at once.
const BURST: u32 = 10;
/// Longest id of an operation.
const LONGEST_ID: usize = 128;

/// Opens a socket, or says why not.
pub async fn open(app: App, live: Live, request: HttpRequest) -> Response {
    let (mut parts, _) = request.into_parts();
    if !may_ask(&app, &parts.headers) {
        let refused = turned(StatusCode::FORBIDDEN, "this page may not open a socket here");
        return refuse(&refused, JSON);
    }
    let proof = principal::proof(&app, &parts.headers);
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(refused) => {
            let message = format!("no socket can be opened: {refused}");
            return refuse(&turned(StatusCode::BAD_REQUEST, message), JSON);
        }
    };
    let Some(room) = live.room() else {
        let message = "too many live connections; try again shortly";
        return refuse(&turned(StatusCode::SERVICE_UNAVAILABLE, message), JSON);
    };
    let request_id = request_id().unwrap_or_default();
    upgrade.protocols([PROTOCOL]).max_message_size(TORRENT).max_frame_size(TORRENT).on_upgrade(
        async move |socket| {
            REQUEST_ID.scope(request_id, serve(app, live, proof, socket)).await;
            drop(room);
        },
    )
}

async fn serve(app: App, live: Live, proof: Option<Proof>, socket: WebSocket) {
    let acceptable = socket.protocol().is_some_and(|protocol| protocol == PROTOCOL);
    let idle = Duration::from_secs(app.config.live.idle_seconds);
    let (sink, mut stream) = socket.split();
    let (out, queue) = mpsc::channel(QUEUE);
    let mut writing = tokio::spawn(write(sink, queue, idle));
    let most = app.config.live.operations_per_connection;
    let mut socket = Socket {
        operations: Operations::new(app.clone(), live.clone(), out.clone(), most),
        app,
        live,
        proof,
        out,
        caller: None,
        initialised: false,
        idle,
    };
    let closed =
        if acceptable { socket.listen(&mut stream).await } else { Err(Close::NO_PROTOCOL) };
    if let Err(close) = closed {
        tracing::info!(code = close.0, "a socket was closed");
        let _ = timeout(GOODBYE, socket.out.send(Out::Close(close))).await;
    }
    // Ends the operations; with the last of their senders the writer ends as well.
    drop(socket);
    if timeout(GOODBYE, &mut writing).await.is_err() {
        writing.abort();
    }
    // A connection dropped with something unread would take the last frame with it.
    let _ = timeout(GOODBYE, async { while let Some(Ok(_)) = stream.next().await {} }).await;
}

/// Sends what is queued until it is told to close, or the client takes nothing for `idle`.
async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut queue: mpsc::Receiver<Out>,
    idle: Duration,
) {
    while let Some(out) = queue.recv().await {
        let last = matches!(out, Out::Close(_));
        let message = match out {
            Out::Text(text) => Message::Text(text.into()),
            Out::Ping => Message::Ping(axum::body::Bytes::new()),
            Out::Close(Close(code, reason)) => {
                let reason = reason.into_owned().into();
                Message::Close(Some(CloseFrame { code, reason }))
            }
        };
        let sent = timeout(idle, sink.send(message)).await;
        if last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

/// A socket and whose it is.
struct Socket {
    app: App,
    live: Live,
    proof: Option<Proof>,
    out: mpsc::Sender<Out>,
    caller: Option<(Caller, Guest)>,
    initialised: bool,
    operations: Operations,
    idle: Duration,
}

impl Socket {
    /// Listens until the client goes.
    ///
    /// # Errors
    /// Why we close instead.
    async fn listen(&mut self, stream: &mut SplitStream<WebSocket>) -> Result<(), Close> {
        let live = self.live.clone();
        let init = sleep(Duration::from_secs(self.app.config.live.init_seconds));
        tokio::pin!(init);
        let mut beat = interval(self.idle / 3);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let pace = self.pace();
        let mut purse = Purse::full(pace, self.app.clock.now());
        let mut heard_at = Instant::now();
        let out = self.out.clone();
        loop {
            tokio::select! {
                () = live.stopped() => return Err(Close::GOING_AWAY),
                () = out.closed() => return Ok(()),
                () = &mut init, if self.caller.is_none() => return Err(Close::NO_INIT),
                _ = beat.tick() => {
                    if heard_at.elapsed() >= self.idle {
                        tracing::info!("a socket fell silent");
                        return Ok(());
                    }
                    self.check().await?;
                    self.send(Out::Ping).await;
                }
                heard = stream.next() => {
                    heard_at = Instant::now();
                    if !purse.spend(pace, 1, self.app.clock.now()).granted {
                        return Err(Close::FLOOD);
                    }
                    match heard {
                        // Gone, broken or far too big: there is nobody to talk to.
                        None | Some(Ok(Message::Close(_)) | Err(_)) => return Ok(()),
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Text(text))) if text.len() > MAX_BODY => {
                            return Err(Close::TOO_BIG);
                        }
                        Some(Ok(Message::Text(text))) => self.hear(text.as_str()).await?,
                        Some(Ok(Message::Binary(_))) => return Err(Close::bad("Text only")),
                    }
                }
            }
        }
    }

    /// How many messages a client may send.
    fn pace(&self) -> Terms {
        let per_second = self.app.config.live.messages_per_second;
        Terms { size: per_second.saturating_mul(BURST), per_second }
    }

    /// Whether the token is still in force.
    async fn check(&self) -> Result<(), Close> {
        let Some((caller, _)) = &self.caller else {
            return Ok(());
        };
        match caller.check(self.app.db.reader(), self.app.clock.now()).await {
            Ok(checked) => checked.map_err(|ended| Close::ended(&ended)),
            Err(error) => {
                tracing::warn!(%error, "a token could not be looked up; it will be again");
                Ok(())
            }
        }
    }

    async fn send(&self, out: Out) {
        tokio::select! {
            // It fails only when the socket is ending, which `listen` notices.
            _ = self.out.send(out) => {}
            () = self.live.stopped() => {}
        }
    }

    async fn hear(&mut self, text: &str) -> Result<(), Close> {
        // serde would take a list of the fields for the object as well.
        let heard = text.trim_start().starts_with('{').then(|| serde_json::from_str(text).ok());
        let heard: Heard =
            heard.flatten().ok_or(Close::bad("This is no message of graphql-transport-ws"))?;
        match heard {
            Heard::ConnectionInit { payload } => self.init(payload).await,
            Heard::Ping { payload } => {
                let mut pong = json!({ "type": "pong" });
                if let Some(payload) = payload {
                    pong["payload"] = json!(payload);
                }
                self.send(Out::Text(pong.to_string())).await;
                Ok(())
            }
            Heard::Pong {} => Ok(()),
            Heard::Subscribe { id, payload } => {
                let Some((caller, _)) = &self.caller else {
                    return Err(Close::UNAUTHORIZED);
                };
                if id.is_empty() || id.len() > LONGEST_ID {
                    let reason = format!("An id has 1 to {LONGEST_ID} bytes");
                    return Err(Close::bad(reason));
                }
                self.operations.begin(id, payload, caller.clone()).await
            }
            Heard::Complete { id } => {
                self.operations.end(&id);
                Ok(())
            }
        }
    }

    /// Takes the token of the payload, or else the header's, or else the cookie's session.
    async fn init(&mut self, payload: Option<JsonMap>) -> Result<(), Close> {
        if std::mem::replace(&mut self.initialised, true) {
            return Err(Close::TWO_INITS);
        }
        let given = payload.iter().flatten().find_map(|(name, value)| {
            let named = name.as_str().eq_ignore_ascii_case("authorization");
            value.as_str().filter(|_| named)
        });
        let proof = match given {
            Some(given) => principal::bearer(given),
            None => self.proof.take(),
        };
        let proof = proof.ok_or(Close::FORBIDDEN)?;
        let now = self.app.clock.now();
        let found = principal::find(&self.app, proof, now).await.map_err(|error| {
            tracing::error!(%error, "a token or session could not be looked up");
            Close::FAULT
        })?;
        let caller = found.ok_or(Close::FORBIDDEN)?;
        let guest = self.live.welcome(caller.viewer.person_id).ok_or(Close::ENOUGH)?;
        self.caller = Some((caller, guest));
        self.send(Out::Text(json!({ "type": "connection_ack" }).to_string())).await;
        Ok(())
    }
}
