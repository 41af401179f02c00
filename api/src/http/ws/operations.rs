//! The operations under way on a socket.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::messages::{Close, Out};
use crate::app::App;
use crate::http::graphql::too_slow;
use crate::http::live::Live;
use crate::http::refusal::turned;
use crate::read::caller::Caller;
use crate::read::code::{REQUEST_ID, request_id};
use crate::read::watch::{Ended, Watch};
use crate::read::{Answer, Begun, Request, begin};

/// The operations under way on a socket; they end when it is dropped.
pub(super) struct Operations {
    app: App,
    live: Live,
    out: mpsc::Sender<Out>,
    most: usize,
    begun: u64,
    running: Running,
}

/// Tasks by the client's ids, each with a number of ours: an id may be given again.
type Running = Arc<Mutex<HashMap<String, (u64, AbortHandle)>>>;

/// One operation.
struct Operation {
    app: App,
    live: Live,
    caller: Caller,
    out: mpsc::Sender<Out>,
    id: String,
    number: u64,
    running: Running,
}

fn lock(running: &Running) -> MutexGuard<'_, HashMap<String, (u64, AbortHandle)>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Operations {
    /// None yet, and at most so many at a time.
    pub(super) fn new(app: App, live: Live, out: mpsc::Sender<Out>, most: usize) -> Self {
        Self { app, live, out, most, begun: 0, running: Running::default() }
    }

    /// Begins an operation, or tells the client that there are too many.
    ///
    /// # Errors
    /// The id is that of one under way.
    pub(super) async fn begin(
        &mut self,
        id: String,
        request: Request,
        caller: Caller,
    ) -> Result<(), Close> {
        self.begun += 1;
        let operation = Operation {
            app: self.app.clone(),
            live: self.live.clone(),
            caller,
            out: self.out.clone(),
            id: id.clone(),
            number: self.begun,
            running: Arc::clone(&self.running),
        };
        {
            let mut running = lock(&self.running);
            if running.contains_key(&id) {
                let id: String = id.chars().take(60).collect();
                return Err(Close(4409, format!("Subscriber for {id} already exists").into()));
            }
            if running.len() < self.most {
                let number = self.begun;
                let id_of_socket = request_id().unwrap_or_default();
                let running_it = REQUEST_ID.scope(id_of_socket, operation.run(request));
                let task = tokio::spawn(running_it).abort_handle();
                running.insert(id, (number, task));
                return Ok(());
            }
        }
        let message = format!("one socket has at most {} operations at a time", self.most);
        let refused = turned(StatusCode::TOO_MANY_REQUESTS, message);
        operation.say("error", Some(refused.answer().errors())).await;
        Ok(())
    }

    /// Ends an operation that the client does not want any more.
    pub(super) fn end(&self, id: &str) {
        if let Some((_, task)) = lock(&self.running).remove(id) {
            task.abort();
        }
    }
}

impl Drop for Operations {
    fn drop(&mut self) {
        for (_, (_, task)) in lock(&self.running).drain() {
            task.abort();
        }
    }
}

impl Operation {
    async fn run(self, request: Request) {
        let now = self.app.clock.now();
        match self.caller.check(self.app.db.reader(), now).await {
            Ok(Ok(())) => {}
            Ok(Err(ended)) => return self.close(&ended).await,
            Err(error) => {
                tracing::error!(%error, "a token could not be looked up");
                let message = "the service cannot answer just now; try again shortly";
                let refused = turned(StatusCode::SERVICE_UNAVAILABLE, message);
                return self.fail(&refused.answer()).await;
            }
        }
        let limit = Duration::from_secs(self.app.config.http.timeout_seconds);
        let scope = self.caller.scope();
        let begun = begin(&self.app, &scope, now, &request, false);
        match tokio::time::timeout(limit, begun).await {
            Err(_) => self.fail(&too_slow(&self.app).answer()).await,
            Ok(Begun::Answered(answer)) if answer.executed => {
                self.say("next", Some(&answer.into_body())).await;
                self.last("complete", None).await;
            }
            Ok(Begun::Answered(answer)) => self.fail(&answer).await,
            Ok(Begun::Subscribed(plan)) => {
                let turns = self.live.turns();
                let mut watch = Watch::new(&self.app, self.caller.clone(), plan, turns);
                loop {
                    match watch.next().await {
                        Ok(event) => self.say("next", Some(&event)).await,
                        Err(ended) if ended.is_of_one() => return self.fail(&ended.answer()).await,
                        Err(ended) => return self.close(&ended).await,
                    }
                }
            }
        }
    }

    async fn say(&self, kind: &str, payload: Option<&[u8]>) {
        let mut text = format!("{{\"id\":{},\"type\":\"{kind}\"", Value::from(self.id.as_str()));
        if let Some(payload) = payload {
            text.push_str(",\"payload\":");
            text.push_str(&String::from_utf8_lossy(payload));
        }
        text.push('}');
        // It fails only when the socket is ending, and this task with it.
        let _ = self.out.send(Out::Text(text)).await;
    }

    async fn fail(&self, answer: &Answer) {
        self.last("error", Some(answer.errors())).await;
    }

    /// Says the last word about this operation, after which the client may use its id again; or
    /// nothing, if it does so already.
    async fn last(&self, kind: &str, payload: Option<&[u8]>) {
        {
            let mut running = lock(&self.running);
            match running.get(&self.id) {
                Some((number, _)) if *number == self.number => running.remove(&self.id),
                _ => return,
            };
        }
        self.say(kind, payload).await;
    }

    async fn close(&self, ended: &Ended) {
        let _ = self.out.send(Out::Close(Close::ended(ended))).await;
    }
}
