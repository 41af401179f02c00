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
use tests::working::app;
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use worker::jobs::TIMETABLE;
use worker::pass;

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

/// Three days from the first moment to the second without any worker: over the night in which the
/// clocks go back, over Easter with two bank holidays and the night in which they go forward, and
/// over a leap day.
const OUTAGES: [(&str, &str); 3] = [
    ("2026-10-23T17:30:00Z", "2026-10-26T18:10:10Z"),
    ("2027-03-26T09:30:00Z", "2027-03-29T09:40:10Z"),
    ("2028-02-27T20:30:00Z", "2028-03-01T11:10:10Z"),
];

/// A worker in virtual time, a beat every quarter of an hour, that is away for three days: before and
/// after them everything is done in its time, and of what was due meanwhile the latest moment of each
/// job is made up for, if it is not too old, and all others are written down as missed.
#[tokio::test]
async fn a_three_day_outage_ends_with_every_moment_fired_once_or_recorded_as_missed() {
    const BEAT: TimeDelta = TimeDelta::minutes(15);
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let app = app(&world).await;
        let stop = CancellationToken::new();
        let beats = async |from: DateTime<Utc>, count: i32| {
            for number in 0..count {
                world.clock.set(from + BEAT * number);
                pass::run(&app, &stop).await.into_result().expect("every job succeeds");
            }
        };
        for (away, back) in OUTAGES {
            let (away, back) = (at(away), at(back));
            beats(away - BEAT * 8, 9).await;
            beats(back, 9).await;
            let written = written(&world).await;
            for row in TIMETABLE.iter().filter(|row| row.rule != LocalRule::Beat) {
                let name: &str = row.job.into();
                let told = format!("{} {name}, away from {away}", world.name);
                let from = away - BEAT * 8 + TimeDelta::seconds(1);
                let all = moments(row.rule, from, back + BEAT * 8);
                let found = written[name].iter().filter(|(moment, _)| *moment >= from);
                let found: Vec<_> = found.copied().collect();
                assert_eq!(found.iter().map(|(moment, _)| *moment).collect::<Vec<_>>(), all);
                let made_up_for = all.iter().rfind(|moment| **moment <= back);
                let CatchUp::Latest { within } = row.catch_up else { panic!("{told}") };
                for (moment, outcome) in found {
                    let slept_through = away < moment && moment <= back;
                    let in_time = Some(&moment) == made_up_for && back - moment <= within;
                    let expected =
                        if slept_through && !in_time { Outcome::Missed } else { Outcome::Fired };
                    assert_eq!(outcome, expected, "{told}: {moment}");
                }
            }
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

/// Before the nights in which the clocks go back and forward, and before a leap day.
const NIGHTS: [&str; 3] = ["2026-10-24T22:10:00Z", "2027-03-27T22:10:00Z", "2028-02-28T23:00:00Z"];

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
            let mut now = at(NIGHTS[round / 3 % 3]);
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
