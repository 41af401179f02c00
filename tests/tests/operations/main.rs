//! Looking after the worker: what is told of its jobs, pausing and resuming them and the mail lanes,
//! and sending failed messages anew.

mod graph;
mod pausing;
mod replaying;
mod telling;

use chrono::{DateTime, Utc};
use entity::messages::{message, occurrence, reminder};
use entity::operations::pauses::{self, Kind, What};
use entity::operations::{job, jobs, pause, replays};
use entity::outcome::StoreError;
use entity::scope::Scope;
use rules::timetable::Outcome;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use tests::World;
use tests::rise::at;
use tests::working::{app, messages};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::pass::{self, Pass};
use worker::{jobs::Job, ledger};

/// Monday 5 October 2026, 08:00 in London.
const EIGHT: &str = "2026-10-05T07:00:00Z";

/// A pass as a running worker makes it, written down.
async fn pass_at(world: &World, moment: &str) -> Pass {
    world.clock.set(at(moment));
    let app = app(world).await;
    ledger::register(&app).await.expect("the jobs are registered");
    let pass = pass::run(&app, &CancellationToken::new()).await;
    ledger::note(&app, &pass).await.expect("the pass is written down");
    pass
}

async fn job(world: &World, name: Job) -> job::Model {
    let all = jobs::all(world.db.reader()).await.expect("jobs");
    all.into_iter().find(|job| job.name == <&str>::from(name)).expect("the job")
}

async fn stand_still(world: &World, name: &str, until: Option<DateTime<Utc>>) -> pause::Model {
    let txn = world.db.write_facts().await.expect("a transaction");
    let what = What::named(&txn, name).await.expect("a read").expect("a job or lane");
    let now = world.clock.now();
    let paused = pauses::pause(&txn, &Scope::System, None, now, what, "Mended", until).await;
    let paused = paused.expect("paused");
    txn.commit().await.expect("a commit");
    paused
}

async fn go_on(world: &World, of: Kind, paused: Uuid) {
    let txn = world.db.write_facts().await.expect("a transaction");
    let now = world.clock.now();
    let which = (of, paused);
    pauses::resume(&txn, &Scope::System, None, now, which, None, "Mended").await.expect("resumed");
    txn.commit().await.expect("a commit");
}

async fn outcomes(world: &World, name: Job) -> Vec<(DateTime<Utc>, Outcome)> {
    let rows = occurrence::Entity::find()
        .filter(occurrence::Column::ScheduleId.eq(<&str>::from(name)))
        .order_by_asc(occurrence::Column::DueAt)
        .all(world.db.reader())
        .await
        .expect("occurrences");
    rows.iter().map(|row| (row.due_at, row.outcome.parse().expect("an outcome"))).collect()
}

/// A digest to the head that was refused for good, and the reminders in it.
async fn rejected(world: &World) -> (message::Model, usize) {
    pass_at(world, "2026-10-05T06:50:00Z").await;
    let refuse = "UPDATE person SET email = 'no address' WHERE name LIKE 'Head of%'";
    world.db.migrator().execute_unprepared(refuse).await.expect("a bad address");
    pass_at(world, EIGHT).await;
    let mend = "UPDATE person SET email = 'head@example.org' WHERE name LIKE 'Head of%'";
    world.db.migrator().execute_unprepared(mend).await.expect("a good address");
    let row = messages(world).await.into_iter().find(|row| row.state == "rejected");
    let row = row.expect("a rejected message");
    let reminders = reminder::Entity::find()
        .filter(reminder::Column::MessageId.eq(row.id))
        .all(world.db.reader())
        .await
        .expect("reminders");
    (row, reminders.len())
}

async fn replay(world: &World, id: Uuid) -> Result<message::Model, StoreError> {
    let txn = world.db.write_facts().await.expect("a transaction");
    let now = world.clock.now();
    let replayed = replays::replay(&txn, &Scope::System, None, now, id, "Mended").await;
    match &replayed {
        Ok(_) => txn.commit().await.expect("a commit"),
        Err(_) => txn.rollback().await.expect("undone"),
    }
    replayed
}
