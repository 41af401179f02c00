//! Going through time: from moment to moment at which something can happen, all jobs at each that
//! the timetable has for it.
//!
//! Between two looks at the same facts a job decides otherwise only because a moment has passed:
//! the end of a day, somebody's digest time, or one that is written down somewhere, as when an
//! event ends. So at those there is a beat, and every job runs at its next moment after each of
//! them, save after digest times, which mean nothing to any; and after a job changed something there
//! is a beat, and every other job runs at its next moment. It need not look again itself: a job
//! that runs twice changes nothing the second time. All else would find what was found before.

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

use super::report::Report;
use super::seen::Seen;
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
    "policy_since",
    "queued_at",
    "raised_at",
    "recorded_at",
    "resolved_at",
    "revised_at",
    "revoked_at",
    "seen_at",
    "spent_at",
];

/// Tables in which it is told how the worker does, and by whose moments nothing is decided.
const OF_OPERATIONS: &[&str] = &["job", "mail_lane", "message_replay", "pause"];

/// Tables by whose moments nobody but who signs in is let in or not.
const OF_SIGNING_IN: &[&str] = &["access_token", "session", "sign_in_attempt", "sign_in_link"];

/// What is to be done at a moment: one job of the timetable, or the beat, if none is named.
type Call = (DateTime<Utc>, Option<Job>);

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
    /// What is to come, of the days gathered so far.
    ahead: BTreeSet<Call>,
    /// Until when it was gathered.
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
        columns.retain(|column| !OF_OPERATIONS.contains(&column.table.as_str()));
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
        let everything = TIMETABLE.iter().map(|row| row.job).collect();
        walk.visit(from, everything, true, stop).await?;
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
            let (mut jobs, mut beat) = (BTreeSet::new(), false);
            while let Some(call) = self.ahead.first().copied().filter(|(at, _)| *at == next) {
                self.ahead.remove(&call);
                beat |= call.1.is_none();
                jobs.extend(call.1);
            }
            self.visit(next, jobs, beat, stop).await?;
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
            if let Some(&(next, _)) = self.ahead.first()
                && next < self.gathered
            {
                return Ok((next <= until).then_some(next));
            }
            if self.gathered > until {
                return Ok(None);
            }
            self.gather().await?;
        }
    }

    /// Adds what is to be done on the day that was not gathered yet.
    async fn gather(&mut self) -> anyhow::Result<()> {
        let from = self.gathered;
        let today = local(from).date();
        let until = end_of_day(today);
        self.gathered = until;
        let mut calls: BTreeSet<Call> = next_of_all(from, None).collect();
        calls.insert((from, None));
        let times = self.digest_times().await?.into_iter();
        calls.extend(times.map(|time| (moment(today.and_time(time)), None)));
        let db = self.app.db.reader();
        for written in snapshot::moments(db, &self.columns, from, until).await? {
            calls.insert((written, None));
            calls.extend(next_of_all(written, None));
        }
        if let Pace::Full { minutes } = self.pace {
            let beat = TimeDelta::minutes(minutes.max(1).into());
            let beats = std::iter::successors(Some(from), |at| Some(*at + beat));
            calls.extend(beats.take_while(|at| *at < until).map(|at| (at, None)));
            for row in TIMETABLE {
                let next = |at: &DateTime<Utc>| row.rule.next(*at + TimeDelta::seconds(1));
                let all = std::iter::successors(row.rule.next(from), next);
                let all = all.take_while(|at| *at < until);
                calls.extend(all.flat_map(|at| [(at, Some(row.job)), (at, None)]));
            }
        }
        calls.retain(|(at, _)| *at > self.reached);
        self.ahead.extend(calls);
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

    /// Runs these jobs at a moment, in the order of the timetable, as a pass of the worker does. A
    /// beat follows where there is to be one, and wherever a job changed something.
    async fn visit(
        &mut self,
        now: DateTime<Utc>,
        jobs: BTreeSet<Job>,
        beat: bool,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        anyhow::ensure!(!stop.is_cancelled(), "it was asked to stop");
        self.app.clock.set(now);
        self.reached = now;
        let mut changed = Vec::new();
        for row in TIMETABLE {
            let done = if row.rule == LocalRule::Beat {
                if !beat && changed.is_empty() {
                    continue;
                }
                row.job.run_alone(&self.app, stop).await?
            } else if jobs.contains(&row.job) {
                let txn = self.app.db.write_facts().await?;
                let done = row.job.run_within(&self.app, &txn, now).await?;
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
        self.ahead.insert((now + TimeDelta::seconds(beat.max(1)), None));
        self.ahead.extend(next_of_all(now + TimeDelta::microseconds(1), but));
    }
}

/// The next moment of every job of the timetable, but one, at or after `from`.
fn next_of_all(from: DateTime<Utc>, but: Option<Job>) -> impl Iterator<Item = Call> {
    let jobs = TIMETABLE.iter().filter(move |row| row.rule != LocalRule::Beat);
    let jobs = jobs.filter(move |row| Some(row.job) != but);
    jobs.filter_map(move |row| Some((row.rule.next(from)?, Some(row.job))))
}
