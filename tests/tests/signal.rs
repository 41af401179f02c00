//! The change signal, within a process and through a real Redis.

use std::time::Duration;

use runtime::signal::Signal;
use tests::redis::{self, Redis};
use tokio::sync::watch::Receiver;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longest wait; only a failing test waits that long.
const LIMIT: Duration = Duration::from_secs(30);

fn signal(url: &str) -> Signal {
    Signal::start(url, CancellationToken::new()).expect("an address")
}

async fn wakes(receiver: &mut Receiver<u64>) {
    timeout(LIMIT, receiver.changed())
        .await
        .expect("the receiver wakes")
        .expect("the signal lives");
}

/// A receiver of `signal` after its connection to Redis stands, which it tells by waking.
async fn connected(signal: &Signal) -> Receiver<u64> {
    let mut receiver = signal.subscribe();
    wakes(&mut receiver).await;
    receiver
}

#[tokio::test]
async fn without_redis_a_change_wakes_the_tasks_of_its_own_process() {
    let signal = signal("");
    let mut receiver = signal.subscribe();
    assert!(!receiver.has_changed().expect("the signal lives"));
    signal.changed().await;
    wakes(&mut receiver).await;
}

#[tokio::test]
async fn a_change_reaches_another_process_through_redis() {
    if redis::is_left_out() {
        return;
    }
    let url = redis::address();
    let (here, there) = (signal(&url), signal(&url));
    let mut receiver = connected(&there).await;
    here.changed().await;
    wakes(&mut receiver).await;
}

#[tokio::test]
async fn a_receiver_looks_again_after_redis_was_away_and_hears_what_comes_later() {
    if redis::is_left_out() {
        return;
    }
    let mut redis = Redis::start().expect("Redis starts");
    let (here, there) = (signal(&redis.url()), signal(&redis.url()));
    let mut receiver = connected(&there).await;

    redis.kill();
    // Nobody fails for a Redis that is away, and nobody else hears of it.
    timeout(LIMIT, here.changed()).await.expect("it does not wait");

    redis.start_again().expect("Redis starts again");
    // The receiver may have missed something, so it wakes once the connection stands again.
    wakes(&mut receiver).await;
    here.changed().await;
    wakes(&mut receiver).await;
}
