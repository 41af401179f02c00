//! Going through time: from moment to moment at which something can happen, all jobs at each that
//! the timetable has for it.
//!
//! Between two looks at the same facts a job decides otherwise only because a moment has passed:
//! the end of a day, somebody's digest time, or one that is written down somewhere, as when an
//! event ends. So those are visited, with the next moment of every job after each of them; and
//! after a job changed something the next beat and the next moment of every other job. It need not
//! look again itself: a job that runs twice changes nothing the second time. All other moments
//! would find what the ones before them found.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use entity::people::person;
use entity::programme::programme;
use entity::snapshot::{self, Column};
use rules::calendar::{end_of_day, local, moment};
use rules::programme::Policy;
use rules::timetable::LocalRule;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use tokio_util::sync::CancellationToken;

use super::report::{Report, Seen};
use crate::app::App;
use crate::jobs::{Job, TIMETABLE};

/// Columns that say when something was, never when something will be.
const OF_THE_PAST: &[&str] = &[
    "acknowledged_at",
    "changed_at",
    "created_at",
    "granted_at",
    "happened_at",
    "last_seen_at",
    "last_signed_in_at",
    "last_used_at",
    "leased_until",
    "queued_at",
    "raised_at",
    "recorded_at",
    "resolved_at",
    "revoked_at",
    "seen_at",
    "spent_at",
];

/// Tables by whose moments nobody but who signs in is let in or not.
const OF_SIGNING_IN: &[&str] = &["access_token", "session", "sign_in_attempt", "sign_in_link"];

/// Which moments are visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Those at which something can happen.
    Sparse,
    /// All of the timetable, and every so many minutes besides: to prove that the others suffice.
    Full {
        /// Minutes between beats.
        minutes: u32,
    },
}

/// A worker on its way through time. Its clock stands, and is set from moment to moment.
pub struct Walk {
    app: App,
    pace: Pace,
    columns: Vec<Column>,
    /// Moments to come, of the days gathered so far.
    ahead: BTreeSet<DateTime<Utc>>,
    /// Until when moments were gathered.
    gathered: DateTime<Utc>,
    reached: DateTime<Utc>,
    seen: Seen,
}

impl Walk {
    /// Begins at `from` by running every job, as a worker does that starts.
    ///
    /// # Errors
    /// A job failed.
    pub async fn begin(
        app: App,
        from: DateTime<Utc>,
        pace: Pace,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let mut columns = snapshot::columns(app.db.reader()).await?;
        columns.retain(snapshot::holds_a_moment);
        columns.retain(|column| !OF_THE_PAST.contains(&column.name.as_str()));
        columns.retain(|column| !OF_SIGNING_IN.contains(&column.table.as_str()));
        let ahead = BTreeSet::new();
        let mut walk = Self {
            app,
            pace,
            columns,
            ahead,
            gathered: from,
            reached: from,
            seen: Seen::default(),
        };
        walk.visit(from, true, stop).await?;
        Ok(walk)
    }

    /// Goes on to `until`, and does what is due then too. Whoever changed facts since the last call
    /// did so at the moment reached: all jobs look again, each at its next moment.
    ///
    /// # Errors
    /// A job failed, or `stop` was asked for.
    pub async fn until(
        &mut self,
        until: DateTime<Utc>,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        self.seen.look(self.app.db.reader(), self.reached).await?;
        self.look_again_after(self.reached, None);
        while let Some(next) = self.next(until).await? {
            self.visit(next, false, stop).await?;
        }
        self.reached = self.reached.max(until);
        self.app.clock.set(self.reached);
        Ok(())
    }

    /// What was seen on the days `from` to `to`.
    #[must_use]
    pub fn report(&self, from: NaiveDate, to: NaiveDate) -> Report {
        self.seen.report(from, to)
    }

    /// The next moment to visit up to `until`; days are gathered as they come.
    async fn next(&mut self, until: DateTime<Utc>) -> anyhow::Result<Option<DateTime<Utc>>> {
        loop {
            let next = self.ahead.first().copied();
            if let Some(next) = next
                && next < self.gathered
            {
                if next > until {
                    return Ok(None);
                }
                self.ahead.remove(&next);
                return Ok(Some(next));
            }
            if self.gathered > until {
                return Ok(None);
            }
            self.gather().await?;
        }
    }

    /// Adds the moments of the day that was not gathered yet.
    async fn gather(&mut self) -> anyhow::Result<()> {
        let from = self.gathered;
        let today = local(from).date();
        let until = end_of_day(today);
        self.gathered = until;
        let mut moments: BTreeSet<_> = self
            .digest_times()
            .await?
            .into_iter()
            .map(|time| moment(today.and_time(time)))
            .collect();
        moments.insert(from);
        let db = self.app.db.reader();
        let written = snapshot::moments(db, &self.columns, from, until).await?;
        for written in written {
            moments.insert(written);
            moments.extend(next_of_all(written, None));
        }
        moments.extend(next_of_all(from, None));
        if let Pace::Full { minutes } = self.pace {
            let beat = TimeDelta::minutes(minutes.max(1).into());
            moments.extend(
                std::iter::successors(Some(from), |at| Some(*at + beat))
                    .take_while(|at| *at < until),
            );
            for row in TIMETABLE {
                let next = |at: &DateTime<Utc>| row.rule.next(*at + TimeDelta::seconds(1));
                let all = std::iter::successors(row.rule.next(from), next);
                moments.extend(all.take_while(|at| *at < until));
            }
        }
        moments.retain(|at| *at > self.reached);
        self.ahead.extend(moments);
        Ok(())
    }

    /// The times of day at which people's mail may go, and may again or no longer.
    async fn digest_times(&self) -> anyhow::Result<BTreeSet<NaiveTime>> {
        let mut times = BTreeSet::new();
        for row in programme::Entity::find().all(self.app.db.reader()).await? {
            let policy: Policy = serde_json::from_value(row.policy)?;
            times.extend([policy.digest_at, policy.quiet_from, policy.quiet_until]);
        }
        let minutes: Vec<i32> = person::Entity::find()
            .select_only()
            .column(person::Column::DigestMinute)
            .filter(person::Column::DigestMinute.is_not_null())
            .distinct()
            .into_tuple()
            .all(self.app.db.reader())
            .await?;
        let midnight = NaiveTime::MIN;
        times.extend(minutes.into_iter().map(|it| midnight + TimeDelta::minutes(it.into())));
        Ok(times)
    }

    /// Runs what is due at a moment, or everything.
    async fn visit(
        &mut self,
        now: DateTime<Utc>,
        everything: bool,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        anyhow::ensure!(!stop.is_cancelled(), "it was asked to stop");
        self.app.clock.set(now);
        self.reached = now;
        let mut changed = Vec::new();
        for row in TIMETABLE {
            let done = if row.rule == LocalRule::Beat {
                row.job.run_alone(&self.app, stop).await?
            } else if everything || row.rule.next(now) == Some(now) {
                let txn = self.app.db.write_facts().await?;
                let done = row.job.run_within(&txn, now).await?;
                txn.commit().await?;
                done
            } else {
                continue;
            };
            if !done.summary.is_empty() {
                changed.push(row.job);
            }
        }
        if !changed.is_empty() {
            self.seen.look(self.app.db.reader(), now).await?;
        }
        for job in changed {
            self.look_again_after(now, Some(job));
        }
        Ok(())
    }

    /// Adds the next beat, and the next moment of every job but the one that made the change.
    fn look_again_after(&mut self, now: DateTime<Utc>, but: Option<Job>) {
        let beat = i64::try_from(self.app.config.worker.beat_seconds).unwrap_or(60);
        self.ahead.insert(now + TimeDelta::seconds(beat.max(1)));
        self.ahead.extend(next_of_all(now + TimeDelta::microseconds(1), but));
    }
}

/// The next moment of every job, but one, at or after `from`.
fn next_of_all(from: DateTime<Utc>, but: Option<Job>) -> impl Iterator<Item = DateTime<Utc>> {
    let jobs = TIMETABLE.iter().filter(move |row| Some(row.job) != but);
    jobs.filter_map(move |row| row.rule.next(from))
}
