//! The heartbeat: the scheduler only nudges; one task does the work.
//!
//! A nudge carries nothing, so that a lost one heals at the next. The task never overlaps with
//! itself, and a stop waits for the pass it is in, for so long as the settings say. That the worker
//! lives is written down beside it, however long a pass takes.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::messages::{health, outbox};
use entity::outcome::StoreError;
use runtime::clock::Clock;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_cron_scheduler::{Job, JobScheduler};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::{ledger, metrics, pass};

/// After so long a pass counts as stuck, and its worker no longer as alive.
const STUCK: Duration = Duration::from_mins(15);

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

    ledger::register(app).await?;
    let of_app = app.clone();
    let render = move || metrics::render(of_app.clone());
    runtime::metrics::start(&app.config.metrics, render, stop.clone()).await?;
    let (awake, last_awake) = watch::channel(Instant::now());
    tokio::select! {
        () = pass_after_pass(app, &stop, &nudge, &awake) => {}
        () = show_life(app, every, last_awake) => {}
        () = out_of_time(app, &stop) => {
            tracing::warn!("stopped with work under way, which is undone or in doubt");
        }
    }
    scheduler.shutdown().await?;
    match tokio::time::timeout(app.limits.goodbye, say_goodbye(app)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!("the end cannot be written down: {error:#}"),
        Err(_) => tracing::warn!("the end cannot be written down in time"),
    }
    tracing::info!("the worker has stopped");
    Ok(())
}

/// Works at every nudge, until the pass that `stop` finds under way is over.
async fn pass_after_pass(
    app: &App,
    stop: &CancellationToken,
    nudge: &Notify,
    awake: &watch::Sender<Instant>,
) {
    let mut changed = app.signal.subscribe();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = nudge.notified() => {}
            Ok(()) = changed.changed() => {}
        }
        awake.send_replace(Instant::now());
        let pass = pass::run(app, stop).await;
        pass.log();
        if let Err(error) = ledger::note(app, &pass).await {
            tracing::warn!("how the jobs do cannot be written down: {error:#}");
        }
        if pass.changed() || pass.more() {
            // It wakes us too, once more than needed, so that a change made by others during this
            // pass is not slept through.
            app.signal.changed().await;
        }
    }
}

/// Comes when what is under way has had its time since the worker was asked to stop.
async fn out_of_time(app: &App, stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(Duration::from_secs(app.config.worker.stop_seconds)).await;
}

/// Writes down at every beat that this worker lives, for whoever looks after it (`/readyz`): also
/// during a long pass, but not for ever during one that has got stuck. It does not end.
async fn show_life(app: &App, every: Duration, last_awake: watch::Receiver<Instant>) {
    let started_at = Clock::machine().now();
    let mut beats = tokio::time::interval(every);
    beats.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        beats.tick().await;
        let awake = last_awake.borrow().elapsed();
        if awake > STUCK.max(every * 2) {
            tracing::error!(seconds = awake.as_secs(), "the pass under way does not end");
            continue;
        }
        if let Err(error) = beat(app, started_at).await {
            tracing::warn!("the heartbeat cannot be written down: {error:#}");
        }
    }
}

async fn beat(app: &App, started_at: DateTime<Utc>) -> Result<(), StoreError> {
    let txn = app.db.write().await?;
    let now = Clock::machine().now();
    health::beat(&txn, &app.name, started_at, now, app.mail.away()).await?;
    Ok(txn.commit().await?)
}

/// Gives back what it still holds, so that nobody waits for it, and leaves.
async fn say_goodbye(app: &App) -> Result<(), StoreError> {
    let txn = app.db.write().await?;
    outbox::release(&txn, app.clock.now(), &app.name).await?;
    health::leave(&txn, &app.name).await?;
    Ok(txn.commit().await?)
}
