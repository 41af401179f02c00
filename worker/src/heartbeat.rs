//! The heartbeat: the scheduler only nudges; one task does the work.
//!
//! A nudge carries nothing, so that a lost one heals at the next. The task never overlaps with
//! itself, and a stop waits for the pass it is in.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::messages::health;
use entity::outcome::StoreError;
use runtime::clock::Clock;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::pass;

/// Works until `stop`: now, at every beat, and whenever something changed.
///
/// # Errors
/// The scheduler cannot start. A pass that fails is logged, and the next beat tries again.
pub async fn run(app: &App, stop: CancellationToken) -> anyhow::Result<()> {
    let nudge = Arc::new(Notify::new());
    nudge.notify_one();
    let mut scheduler = JobScheduler::new().await?;
    let beat = Arc::clone(&nudge);
    let every = Duration::from_secs(app.config.worker.beat_seconds);
    let job = Job::new_repeated(every, move |_, _| beat.notify_one())?;
    scheduler.add(job).await?;
    scheduler.start().await?;
    tracing::info!(worker = %app.name, seconds = every.as_secs(), "the worker is running");

    let started_at = Clock::machine().now();
    let mut changed = app.signal.subscribe();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = nudge.notified() => {}
            Ok(()) = changed.changed() => {}
        }
        if let Err(error) = show_life(app, started_at).await {
            tracing::warn!("the heartbeat cannot be written down: {error:#}");
        }
        let pass = pass::run(app, &stop).await;
        pass.log();
        if pass.changed() {
            // It wakes us too, once more than needed, so that a change made by others during this
            // pass is not slept through.
            app.signal.changed().await;
        }
    }
    scheduler.shutdown().await?;
    if let Err(error) = say_goodbye(app).await {
        tracing::warn!("the end cannot be written down: {error:#}");
    }
    tracing::info!("the worker has stopped");
    Ok(())
}

/// Writes down that this worker lives, for whoever looks after it (`/readyz`).
async fn show_life(app: &App, started_at: DateTime<Utc>) -> Result<(), StoreError> {
    let txn = app.db.write().await?;
    health::beat(&txn, &app.name, started_at, Clock::machine().now()).await?;
    Ok(txn.commit().await?)
}

async fn say_goodbye(app: &App) -> Result<(), StoreError> {
    let txn = app.db.write().await?;
    health::leave(&txn, &app.name).await?;
    Ok(txn.commit().await?)
}
