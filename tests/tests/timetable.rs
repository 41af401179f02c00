//! The timetable as workers write it down: each moment once, whoever comes first, however their
//! clocks differ, and with nothing left out.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use entity::messages::occurrence;
use entity::messages::timetable::{self, Pen};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use rules::timetable::{CatchUp, Fate, LocalRule, Outcome};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use tests::rise::{Rise, at};
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use worker::app::App;
use worker::jobs::TIMETABLE;
use worker::pass;

async fn app(world: &World) -> App {
    App::open(world.config.clone(), world.clock.clone(), CancellationToken::new())
        .await
        .expect("the worker opens")
}

/// What was written down of each job, in order.
async fn written(world: &World) -> BTreeMap<String, Vec<(DateTime<Utc>, Outcome)>> {
    let rows = occurrence::Entity::find()
        .order_by_asc(occurrence::Column::DueAt)
        .all(world.db.reader())
        .await
        .expect("occurrences");
    let mut found: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for row in rows {
        let outcome = row.outcome.parse().expect("an outcome");
        found.entry(row.schedule_id).or_default().push((row.due_at, outcome));
    }
    found
}

/// All moments of a rule from one to another, both included.
fn moments(rule: LocalRule, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let next = |at: &DateTime<Utc>| rule.next(*at + TimeDelta::microseconds(1));
    std::iter::successors(rule.next(from), next).take_while(|at| *at <= to).collect()
}

#[tokio::test]
async fn after_three_days_without_a_worker_every_moment_was_done_once_or_missed() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let app = app(&world).await;
        let stop = CancellationToken::new();
        // Over the night in which the clocks go back.
        let times = ["2026-10-23T06:00:00Z", "2026-10-23T17:30:00Z", "2026-10-26T18:10:10Z"];
        for moment in times {
            world.clock.set(at(moment));
            pass::run(&app, &stop).await.into_result().expect("every job succeeds");
        }
        let written = written(&world).await;
        let rows = TIMETABLE.iter().filter(|row| row.rule != LocalRule::Beat);
        for row in rows {
            let name: &str = row.job.into();
            let of_job = &written[name];
            let seen: Vec<_> = of_job.iter().map(|(moment, _)| *moment).collect();
            let all = moments(row.rule, seen[0], at(times[2]));
            assert_eq!(seen, all, "{} {name}", world.name);
            // The day's last before the outage, and the latest after it.
            let fired = of_job.iter().filter(|(_, outcome)| *outcome == Outcome::Fired).count();
            let latest = of_job.last().expect("moments").1;
            assert!((2..=3).contains(&fired), "{} {name}: {of_job:?}", world.name);
            assert_eq!(latest, Outcome::Fired, "{} {name}", world.name);
        }
    })
    .await;
}

/// One look of one of the workers.
#[derive(Clone, Debug)]
struct Look {
    /// How far its clock is ahead of the true time, in minutes.
    ahead: i64,
    /// Minutes of true time since the look before it.
    after: i64,
    /// Whether it is killed before it commits.
    killed: bool,
}

fn looks() -> impl Strategy<Value = (usize, Vec<Look>)> {
    let look = (0_usize..3, 1_i64..200, proptest::bool::weighted(0.2))
        .prop_map(|(worker, after, killed)| Look { ahead: [0, -47, 93][worker], after, killed });
    (0_usize..3, proptest::collection::vec(look, 1..30))
}

/// Workers whose clocks differ by more than two hours look at the timetable in any order and are
/// killed now and then: each moment is written down once, fires at most once, and none is left out.
#[tokio::test]
async fn however_many_workers_look_and_whatever_their_clocks_say_each_moment_is_one() {
    both(async |world| {
        let rule = LocalRule::Every {
            minutes: 35,
            from: NaiveTime::MIN,
            until: NaiveTime::from_hms_opt(23, 59, 0).expect("a time"),
        };
        let within = TimeDelta::hours(3);
        let mut runner = TestRunner::deterministic();
        for round in 0..24 {
            let (policy, looks) = looks().new_tree(&mut runner).expect("looks").current();
            let catch_up =
                [CatchUp::Skip, CatchUp::Latest { within }, CatchUp::All { within }][policy];
            let name = format!("demo_{round}");
            let mut now = at(["2026-10-24T22:10:00Z", "2028-02-28T23:00:00Z"][round % 2]);
            let mut fired: Vec<DateTime<Utc>> = Vec::new();
            for look in &looks {
                now += TimeDelta::minutes(look.after);
                let its = now + TimeDelta::minutes(look.ahead);
                fired.extend(one_look(&world, &name, rule, catch_up, its, look.killed).await);
            }
            let written = written(&world).await.remove(&name).unwrap_or_default();
            let seen: Vec<_> = written.iter().map(|(moment, _)| *moment).collect();
            if let (Some(first), Some(last)) = (seen.first(), seen.last()) {
                assert_eq!(seen, moments(rule, *first, *last), "{} {looks:?}", world.name);
            }
            let done = written.iter().filter(|(_, outcome)| *outcome == Outcome::Fired);
            let done: Vec<_> = done.map(|(moment, _)| *moment).collect();
            fired.sort_unstable();
            assert_eq!(fired, done, "{} {looks:?}", world.name);
        }
    })
    .await;
}

/// What a worker does that looks; the moments it did the job for and committed.
async fn one_look(
    world: &World,
    name: &str,
    rule: LocalRule,
    catch_up: CatchUp,
    now: DateTime<Utc>,
    killed: bool,
) -> Vec<DateTime<Utc>> {
    let pen = Pen { now, trial: false };
    let last = timetable::latest(world.db.reader(), now, name).await.expect("a read");
    let due = rule.due(last, now, catch_up, &[]);
    let txn = world.db.write().await.expect("a transaction");
    let mut fired = Vec::new();
    for (moment, fate) in due {
        match fate {
            Fate::Fire => {
                if timetable::take(&txn, pen, name, moment).await.expect("taken") {
                    fired.push(moment);
                }
            }
            Fate::Missed => {
                timetable::miss(&txn, pen, name, moment).await.expect("missed");
            }
            Fate::Paused => panic!("nothing is paused"),
        }
    }
    if killed {
        txn.rollback().await.expect("undone");
        return Vec::new();
    }
    txn.commit().await.expect("a commit");
    fired
}
