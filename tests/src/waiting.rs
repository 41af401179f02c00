//! Waiting for what happens elsewhere, in another process or task: asked again until it has.

use std::time::{Duration, Instant};

/// Longest wait for any one thing; only a failing test waits that long.
pub const LIMIT: Duration = Duration::from_mins(1);
/// Between two looks: short enough to be no part of what a test takes.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks again and again until there is something, and returns it. `what` says what is waited for.
///
/// # Panics
/// There is nothing in [`LIMIT`].
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let found = tokio::time::timeout(LIMIT, looking).await;
    found.unwrap_or_else(|_| panic!("{what}: not in time"))
}

/// As [`until`] where nothing is awaited; nothing if there is nothing in [`LIMIT`].
pub fn in_time<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        let found = look();
        if found.is_some() || started.elapsed() >= LIMIT {
            return found;
        }
        std::thread::sleep(PAUSE);
    }
}
