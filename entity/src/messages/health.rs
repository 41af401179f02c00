//! What operators look at: which workers live, and how long mail has been waiting.
//!
//! Both concern the machines and not the programme, so their times are those of the machine's own
//! clock, also where a demonstration's clock runs elsewhere.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::{message, worker_presence};
use crate::id::new_id;
use crate::outcome::StoreError;

/// Beats a worker may miss before it is called late.
const BEATS: i64 = 4;
/// And at least so many seconds: a pass may take its time.
const PATIENCE: i64 = 60;

/// Workers that were not seen for so long are forgotten.
const FORGET_AFTER: TimeDelta = TimeDelta::days(1);

/// Mail that could go and has not gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Messages whose time has come.
    pub waiting: u64,
    /// When the first of them could have gone.
    pub since: Option<DateTime<Utc>>,
}

/// A worker that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worker {
    /// When it was seen last.
    pub seen_at: DateTime<Utc>,
    /// Why no mail can be handed over, as it found at its last try.
    pub mail_away: Option<String>,
}

impl Worker {
    /// Whether it lives at `now`, as far as one can say of workers that write so every
    /// `beat_seconds`.
    #[must_use]
    pub fn is_alive(&self, now: DateTime<Utc>, beat_seconds: u64) -> bool {
        let beat = i64::try_from(beat_seconds).unwrap_or(PATIENCE);
        (now - self.seen_at).num_seconds() <= beat.saturating_mul(BEATS).max(PATIENCE)
    }
}

/// Notes that the worker `name`, which started at `started_at`, lives at `seen_at`, and why it can
/// hand over no mail, if it cannot.
///
/// # Errors
/// The database fails.
pub async fn beat(
    txn: &DatabaseTransaction,
    name: &str,
    started_at: DateTime<Utc>,
    seen_at: DateTime<Utc>,
    mail_away: Option<String>,
) -> Result<(), StoreError> {
    let row = worker_presence::ActiveModel {
        id: Set(new_id(seen_at)),
        name: Set(name.to_owned()),
        started_at: Set(started_at),
        seen_at: Set(seen_at),
        mail_away: Set(mail_away),
    };
    let again = OnConflict::column(worker_presence::Column::Name)
        .update_columns([worker_presence::Column::SeenAt, worker_presence::Column::MailAway])
        .to_owned();
    worker_presence::Entity::insert(row).on_conflict(again).exec_without_returning(txn).await?;
    worker_presence::Entity::delete_many()
        .filter(worker_presence::Column::SeenAt.lt(seen_at - FORGET_AFTER))
        .exec(txn)
        .await?;
    Ok(())
}

/// Notes that a worker has stopped as it should.
///
/// # Errors
/// The database fails.
pub async fn leave(txn: &DatabaseTransaction, name: &str) -> Result<(), StoreError> {
    worker_presence::Entity::delete_many()
        .filter(worker_presence::Column::Name.eq(name))
        .exec(txn)
        .await?;
    Ok(())
}

/// The workers that were seen of late and have not stopped, the latest first.
///
/// # Errors
/// The database fails.
pub async fn workers(db: &impl ConnectionTrait) -> Result<Vec<Worker>, StoreError> {
    let rows =
        worker_presence::Entity::find().order_by_desc(worker_presence::Column::SeenAt).all(db);
    let rows = rows.await?.into_iter();
    Ok(rows.map(|row| Worker { seen_at: row.seen_at, mail_away: row.mail_away }).collect())
}

/// The mail that waits at `now`, which is the programme's own time.
///
/// # Errors
/// The database fails.
pub async fn backlog(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Backlog, StoreError> {
    let waiting = message::Entity::find()
        .filter(message::Column::State.is_in(["pending", "leased", "deferred", "uncertain"]))
        .filter(message::Column::SendAfter.lte(now));
    let first = waiting
        .clone()
        .select_only()
        .column(message::Column::SendAfter)
        .order_by_asc(message::Column::SendAfter)
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(Backlog { waiting: waiting.count(db).await?, since: first })
}
