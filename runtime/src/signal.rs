//! The change signal: "look again". It never says what changed, so that losing one costs seconds
//! and nothing else; every receiver also looks again by itself.

use std::time::Duration;

use futures::StreamExt as _;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Redis channel that carries the signal between processes.
const CHANNEL: &str = "hubs:look-again";
/// Pause before a lost Redis is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// How long Redis may take to take a connection or to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What became of Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedisState {
    /// The settings name none.
    NotUsed,
    /// It answers.
    Up,
    /// It does not; changes are then noticed later, never lost.
    Down,
}

/// Tells tasks of this process, and through Redis those of others, to look again.
#[derive(Clone)]
pub struct Signal {
    local: watch::Sender<u64>,
    redis: Option<ConnectionManager>,
}

impl Signal {
    /// A signal within this process, carried to others by Redis when `redis_url` is not empty.
    /// The Redis side runs until `stop`; a Redis that is away is tried again, never waited for.
    ///
    /// # Errors
    /// An address that is none.
    pub fn start(redis_url: &str, stop: CancellationToken) -> Result<Self, redis::RedisError> {
        let local = watch::Sender::new(0);
        if redis_url.is_empty() {
            return Ok(Self { local, redis: None });
        }
        let client = redis::Client::open(redis_url)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let kept = ConnectionManager::new_lazy_with_config(client.clone(), config)?;
        tokio::spawn(stop.run_until_cancelled_owned(listen(client, local.clone())));
        Ok(Self { local, redis: Some(kept) })
    }

    /// Says that something changed. Call it after the commit. It never fails the caller: a signal
    /// that Redis does not take is logged and forgotten.
    pub async fn changed(&self) {
        bump(&self.local);
        if let Some(redis) = &self.redis
            && let Err(problem) = ask(redis, redis::cmd("PUBLISH").arg(CHANNEL).arg("")).await
        {
            tracing::warn!(
                %problem,
                "Redis did not take the change signal; others look again later"
            );
        }
    }

    /// Asks Redis for a sign of life.
    pub async fn redis(&self) -> RedisState {
        let Some(redis) = &self.redis else { return RedisState::NotUsed };
        match ask(redis, &redis::cmd("PING")).await {
            Ok(()) => RedisState::Up,
            Err(_) => RedisState::Down,
        }
    }

    /// A receiver that wakes at every change from now on; changes in quick succession may wake it
    /// once.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.local.subscribe()
    }
}

fn bump(local: &watch::Sender<u64>) {
    local.send_modify(|count| *count = count.wrapping_add(1));
}

/// Sends a command over the kept connection. One that broke unnoticed, as when Redis was started
/// again, is known by a first failure; the second try is on a new one.
async fn ask(redis: &ConnectionManager, command: &redis::Cmd) -> Result<(), String> {
    let asking = async {
        let mut kept = redis.clone();
        match command.query_async::<redis::Value>(&mut kept).await {
            Ok(_) => Ok(()),
            Err(_) => command.query_async::<redis::Value>(&mut kept).await.map(drop),
        }
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(asked) => asked.map_err(|error| error.to_string()),
        Err(_) => Err("it does not answer in time".to_owned()),
    }
}

/// Passes Redis's signal on to this process, and wakes it after every reconnection, since it may
/// have missed something meanwhile.
async fn listen(client: redis::Client, local: watch::Sender<u64>) {
    loop {
        match client.get_async_pubsub().await {
            Ok(mut connection) => {
                if connection.subscribe(CHANNEL).await.is_ok() {
                    bump(&local);
                    let mut messages = connection.into_on_message();
                    while messages.next().await.is_some() {
                        bump(&local);
                    }
                }
                tracing::warn!("the connection to Redis ended; trying again");
            }
            Err(error) => tracing::warn!(%error, "Redis does not answer; trying again"),
        }
        tokio::time::sleep(RETRY).await;
    }
}
