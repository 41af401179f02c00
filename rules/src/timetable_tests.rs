use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_default()
}

fn time(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default()
}

fn daily(hour: u32, minute: u32) -> LocalRule {
    LocalRule::Daily { at: time(hour, minute) }
}

const LATEST: CatchUp = CatchUp::Latest { within: TimeDelta::hours(24) };
const HALF_A_DAY: TimeDelta = TimeDelta::hours(12);

/// The moments that fire, as of `now`.
fn fires(rule: LocalRule, last: Option<DateTime<Utc>>, now: &str) -> Vec<DateTime<Utc>> {
    of(Fate::Fire, &rule.due(last, at(now), LATEST, &[]))
}

fn of(fate: Fate, due: &[(DateTime<Utc>, Fate)]) -> Vec<DateTime<Utc>> {
    due.iter().filter(|(_, its)| *its == fate).map(|(moment, _)| *moment).collect()
}

#[test]
fn a_daily_job_keeps_its_london_time_over_both_clock_changes() {
    for (last, now, due) in [
        ("2027-03-27T08:00:00Z", "2027-03-28T09:00:00Z", "2027-03-28T07:00:00Z"),
        ("2026-10-24T07:00:00Z", "2026-10-25T09:00:00Z", "2026-10-25T08:00:00Z"),
    ] {
        let found = daily(8, 0).due(Some(at(last)), at(now), LATEST, &[]);
        assert_eq!(found, [(at(due), Fate::Fire)]);
    }
}

#[test]
fn leap_days_and_bank_holidays_have_their_moments_like_any_other_day() {
    for (last, now, due) in [
        ("2028-02-28T08:00:00Z", "2028-02-29T08:00:00Z", "2028-02-29T08:00:00Z"),
        ("2028-02-29T08:00:00Z", "2028-03-01T08:00:10Z", "2028-03-01T08:00:00Z"),
        ("2026-12-24T08:00:00Z", "2026-12-25T08:00:00Z", "2026-12-25T08:00:00Z"),
        ("2026-12-31T08:00:00Z", "2027-01-01T12:00:00Z", "2027-01-01T08:00:00Z"),
    ] {
        let found = daily(8, 0).due(Some(at(last)), at(now), LATEST, &[]);
        assert_eq!(found, [(at(due), Fate::Fire)]);
    }
}

#[test]
fn a_time_inside_the_spring_gap_fires_at_its_end() {
    // 28 March 2027: 01:00 GMT becomes 02:00 BST.
    for minute in [0, 15, 30, 59] {
        let rule = daily(1, minute);
        let last = Some(at("2027-03-27T01:59:00Z"));
        assert!(fires(rule, last, "2027-03-28T00:59:59Z").is_empty());
        let fire = fires(rule, last, "2027-03-28T01:00:00Z");
        assert_eq!(fire, [at("2027-03-28T01:00:00Z")], "01:{minute:02}");
    }
}

#[test]
fn a_time_inside_the_autumn_fold_fires_once() {
    // 25 October 2026: 02:00 BST becomes 01:00 GMT.
    let first = at("2026-10-25T00:30:00Z");
    let last = Some(at("2026-10-24T00:30:00Z"));
    assert_eq!(fires(daily(1, 30), last, "2026-10-25T00:30:00Z"), [first]);
    let again = daily(1, 30).due(Some(first), at("2026-10-25T01:30:00Z"), LATEST, &[]);
    assert_eq!(again, []);
}

#[test]
fn quarter_hours_across_the_spring_gap_are_due_once_each() {
    let rule = LocalRule::Every { minutes: 15, from: time(0, 0), until: time(23, 45) };
    let day = NaiveDate::from_ymd_opt(2027, 3, 28).unwrap_or_default();
    let moments = rule.moments(day, day);
    assert_eq!(moments.len(), 23 * 4);
    assert!(moments.windows(2).all(|pair| pair[1] - pair[0] == TimeDelta::minutes(15)));
}

#[test]
fn after_downtime_the_latest_fires_or_each_or_none_and_all_others_were_missed() {
    use Fate::{Fire, Missed};
    let last = Some(at("2026-10-05T05:00:00Z"));
    let days = ["2026-10-06T05:00:00Z", "2026-10-07T05:00:00Z", "2026-10-08T05:00:00Z"];
    let two_days = TimeDelta::hours(30);
    for (catch_up, now, fates) in [
        (CatchUp::Latest { within: HALF_A_DAY }, "2026-10-08T06:00:00Z", [Missed, Missed, Fire]),
        (CatchUp::Latest { within: two_days }, "2026-10-08T06:00:00Z", [Missed, Missed, Fire]),
        (CatchUp::Latest { within: HALF_A_DAY }, "2026-10-08T20:00:00Z", [Missed; 3]),
        (CatchUp::All { within: two_days }, "2026-10-08T06:00:00Z", [Missed, Fire, Fire]),
        (CatchUp::All { within: HALF_A_DAY }, "2026-10-08T20:00:00Z", [Missed; 3]),
        (CatchUp::Skip, "2026-10-08T05:01:00Z", [Missed, Missed, Fire]),
        (CatchUp::Skip, "2026-10-08T05:06:00Z", [Missed; 3]),
    ] {
        let due = daily(6, 0).due(last, at(now), catch_up, &[]);
        let expected: Vec<_> = days.into_iter().map(at).zip(fates).collect();
        assert_eq!(due, expected, "{catch_up:?} at {now}");
    }
}

#[test]
fn a_job_never_seen_before_missed_nothing() {
    for catch_up in [LATEST, CatchUp::All { within: TimeDelta::days(9) }] {
        let due = daily(6, 0).due(None, at("2026-10-05T06:58:00Z"), catch_up, &[]);
        assert_eq!(due, [(at("2026-10-05T05:00:00Z"), Fate::Fire)]);
    }
    let late = daily(6, 0).due(None, at("2026-10-05T06:58:00Z"), CatchUp::Skip, &[]);
    assert_eq!(late, []);
}

#[test]
fn a_moment_written_down_is_not_due_again() {
    let last = Some(at("2026-10-05T05:00:00Z"));
    assert_eq!(daily(6, 0).due(last, at("2026-10-05T10:00:00Z"), LATEST, &[]), []);
}

#[test]
fn what_a_pause_kept_from_running_was_paused_and_not_missed() {
    use Fate::{Fire, Missed, Paused};
    let last = Some(at("2026-10-05T05:00:00Z"));
    let days = ["2026-10-06T05:00:00Z", "2026-10-07T05:00:00Z", "2026-10-08T05:00:00Z"];
    let pause = |since: &str, until: Option<&str>| Pause { since: at(since), until: until.map(at) };
    let all = CatchUp::All { within: TimeDelta::days(9) };
    for (catch_up, pause, fates) in [
        (LATEST, pause("2026-10-05T12:00:00Z", None), [Paused; 3]),
        // It began after a moment that nobody saw in time; that one is not made up for any more.
        (LATEST, pause("2026-10-07T12:00:00Z", None), [Missed, Missed, Paused]),
        (all, pause("2026-10-07T12:00:00Z", None), [Paused; 3]),
        (
            LATEST,
            pause("2026-10-06T12:00:00Z", Some("2026-10-07T12:00:00Z")),
            [Missed, Paused, Fire],
        ),
        (all, pause("2026-10-06T12:00:00Z", Some("2026-10-07T12:00:00Z")), [Fire, Paused, Fire]),
        // A moment at which a pause begins is in it, one at which it ends is not.
        (all, pause("2026-10-06T05:00:00Z", Some("2026-10-07T05:00:00Z")), [Paused, Fire, Fire]),
    ] {
        let due = daily(6, 0).due(last, at("2026-10-08T06:00:00Z"), catch_up, &[pause]);
        let expected: Vec<_> = days.into_iter().map(at).zip(fates).collect();
        assert_eq!(due, expected, "{catch_up:?} {pause:?}");
    }
}

#[test]
fn a_job_of_the_heartbeat_has_no_moments() {
    assert_eq!(LocalRule::Beat.due(None, at("2026-10-05T05:00:00Z"), LATEST, &[]), []);
    assert_eq!(LocalRule::Beat.next(at("2026-10-05T05:00:00Z")), None);
}

#[test]
fn the_next_moment_is_this_one_or_the_first_after_it() {
    let hourly = LocalRule::Every { minutes: 60, from: time(2, 0), until: time(20, 0) };
    for (rule, from, next) in [
        (daily(8, 0), "2026-10-05T07:00:00Z", "2026-10-05T07:00:00Z"),
        (daily(8, 0), "2026-10-05T07:00:01Z", "2026-10-06T07:00:00Z"),
        // Over the night in which the clocks go back, and the one in which they go forward.
        (daily(8, 0), "2026-10-24T07:00:01Z", "2026-10-25T08:00:00Z"),
        (daily(1, 30), "2027-03-27T01:30:01Z", "2027-03-28T01:00:00Z"),
        (hourly, "2026-10-05T10:10:00Z", "2026-10-05T11:00:00Z"),
        (hourly, "2026-10-05T19:00:01Z", "2026-10-06T01:00:00Z"),
    ] {
        assert_eq!(rule.next(at(from)), Some(at(next)), "{from}");
    }
}

#[test]
fn rules_and_what_is_made_up_for_are_said_in_words() {
    let every = |minutes| LocalRule::Every { minutes, from: time(6, 0), until: time(18, 0) };
    assert_eq!(daily(0, 5).to_string(), "every day at 00:05");
    assert_eq!(every(15).to_string(), "every 15 minutes from 06:00 to 18:00");
    assert_eq!(every(60).to_string(), "every hour from 06:00 to 18:00");
    assert_eq!(LATEST.to_string(), "the latest is made up for within 24 hours");
}

proptest! {
    /// A worker that looks whenever it likes writes down every moment once and in order, and what
    /// it fires is never older than the policy allows nor in a pause.
    #[test]
    fn however_often_a_worker_looks_each_moment_has_one_fate(
        start in 0_i64..900,
        minutes in 7_u32..600,
        policy in 0_usize..3,
        pause in (0_i64..9_000, 0_i64..4_000),
        gaps in proptest::collection::vec(1_i64..4_000, 1..40),
    ) {
        let rule = LocalRule::Every { minutes, from: time(0, 0), until: time(23, 59) };
        let within = HALF_A_DAY;
        let catch_up =
            [CatchUp::Skip, CatchUp::Latest { within }, CatchUp::All { within }][policy];
        // From before a clock change on, by turns the autumn's and the spring's; by leap day too.
        let origin = ["2026-10-23T00:00:00Z", "2027-03-26T00:00:00Z", "2028-02-27T00:00:00Z"];
        let origin = at(origin[usize::try_from(start % 3).unwrap_or(0)]);
        let since = origin + TimeDelta::minutes(pause.0);
        let pause = Pause { since, until: Some(since + TimeDelta::minutes(pause.1)) };
        let mut now = origin + TimeDelta::minutes(start);
        let mut written: Vec<(DateTime<Utc>, Fate)> = Vec::new();
        for gap in gaps {
            let last = written.last().map(|(moment, _)| *moment);
            for (moment, fate) in rule.due(last, now, catch_up, &[pause]) {
                prop_assert!(written.last().is_none_or(|(last, _)| *last < moment));
                prop_assert!(moment <= now);
                if fate == Fate::Fire {
                    prop_assert!(now - moment <= within);
                    prop_assert!(!pause.holds(moment) && !pause.holds(now));
                }
                written.push((moment, fate));
            }
            now += TimeDelta::minutes(gap);
        }
        if let (Some((first, _)), Some((last, _))) = (written.first(), written.last()) {
            let all = rule.moments(local(*first).date(), local(*last).date());
            let all: Vec<_> = all.into_iter().filter(|it| first <= it && it <= last).collect();
            let seen: Vec<_> = written.iter().map(|(moment, _)| *moment).collect();
            prop_assert_eq!(seen, all);
        }
    }
}
