//! When the worker's jobs are due. The timetable is ours: the scheduler only wakes us, and what is
//! due follows from London time and from what is already written down.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::calendar::{local, moment};

/// How far back a worker that was away writes down what it missed. A longer absence shows as a gap.
const LOOK_BACK: Days = Days::new(7);

/// When a job is due, in London time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalRule {
    /// At every heartbeat, without a record: its work items carry their own.
    Beat,
    /// Once a day.
    Daily {
        /// Time of day.
        at: NaiveTime,
    },
    /// Several times a day.
    Every {
        /// Minutes between, at least 1.
        minutes: u32,
        /// First time of the day.
        from: NaiveTime,
        /// Last time of the day at the latest.
        until: NaiveTime,
    },
}

/// What a worker finds when it looks at one job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// The moment to do the job for, if any.
    pub fire: Option<DateTime<Utc>>,
    /// Moments that passed undone, oldest first, to be written down as missed.
    pub missed: Vec<DateTime<Utc>>,
}

impl LocalRule {
    /// What is due at `now` when `last` is the latest moment written down for the job. The latest
    /// moment fires if it is not older than `catch_up`; all older ones were missed. A job never
    /// seen before missed nothing.
    #[must_use]
    pub fn due(self, last: Option<DateTime<Utc>>, now: DateTime<Utc>, catch_up: TimeDelta) -> Due {
        let earliest = local(now).date() - LOOK_BACK;
        let mut moments = self.moments(earliest, local(now).date());
        moments.retain(|due| *due <= now && last.is_none_or(|last| *due > last));
        let fire = moments.pop_if(|due| now - *due <= catch_up);
        let missed = if last.is_some() { moments } else { Vec::new() };
        Due { fire, missed }
    }

    /// Its first moment at or after `from`; none for a job of the heartbeat.
    #[must_use]
    pub fn next(self, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = local(from).date();
        let moments = self.moments(today, today.succ_opt().unwrap_or(today));
        moments.into_iter().find(|due| *due >= from)
    }

    /// Its moments on the London days `first` to `last`, in order, each once: a time inside the
    /// spring gap is its end, one inside the autumn fold the earlier of the two.
    fn moments(self, first: NaiveDate, last: NaiveDate) -> Vec<DateTime<Utc>> {
        let mut moments: Vec<_> = first
            .iter_days()
            .take_while(|day| *day <= last)
            .flat_map(|day| self.times().map(move |time| moment(day.and_time(time))))
            .collect();
        moments.sort_unstable();
        moments.dedup();
        moments
    }

    /// Its times of day.
    fn times(self) -> impl Iterator<Item = NaiveTime> {
        let (step, from, until) = match self {
            Self::Beat => (1, NaiveTime::MIN, None),
            Self::Daily { at } => (24 * 60, at, Some(at)),
            Self::Every { minutes, from, until } => (minutes.max(1), from, Some(until)),
        };
        let day = NaiveDate::default();
        let end = until.map(|until| day.and_time(until));
        let step = TimeDelta::minutes(step.into());
        std::iter::successors(Some(day.and_time(from)), move |time| Some(*time + step))
            .take_while(move |time| end.is_some_and(|end| *time <= end))
            .map(|time| time.time())
    }
}

#[cfg(test)]
mod tests {
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

    const DAY: TimeDelta = TimeDelta::hours(24);

    #[test]
    fn a_daily_job_keeps_its_london_time_over_both_clock_changes() {
        let rule = daily(8, 0);
        for (last, now, due) in [
            ("2027-03-27T08:00:00Z", "2027-03-28T09:00:00Z", "2027-03-28T07:00:00Z"),
            ("2026-10-24T07:00:00Z", "2026-10-25T09:00:00Z", "2026-10-25T08:00:00Z"),
        ] {
            let found = rule.due(Some(at(last)), at(now), DAY);
            assert_eq!(found.fire, Some(at(due)));
            assert!(found.missed.is_empty());
        }
    }

    #[test]
    fn a_time_inside_the_spring_gap_fires_at_its_end() {
        // 28 March 2027: 01:00 GMT becomes 02:00 BST.
        for minute in [0, 15, 30, 59] {
            let rule = daily(1, minute);
            let last = Some(at("2027-03-27T01:59:00Z"));
            assert_eq!(rule.due(last, at("2027-03-28T00:59:59Z"), DAY).fire, None);
            let fire = rule.due(last, at("2027-03-28T01:00:00Z"), DAY).fire;
            assert_eq!(fire, Some(at("2027-03-28T01:00:00Z")), "01:{minute:02}");
        }
    }

    #[test]
    fn a_time_inside_the_autumn_fold_fires_once() {
        // 25 October 2026: 02:00 BST becomes 01:00 GMT.
        let rule = daily(1, 30);
        let first = at("2026-10-25T00:30:00Z");
        let due = rule.due(Some(at("2026-10-24T00:30:00Z")), first, DAY);
        assert_eq!(due.fire, Some(first));
        let again = rule.due(Some(first), at("2026-10-25T01:30:00Z"), DAY);
        assert_eq!(again, Due::default());
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
    fn only_the_latest_within_the_window_fires_and_older_ones_were_missed() {
        let rule = daily(6, 0);
        let last = Some(at("2026-10-05T05:00:00Z"));
        let due = rule.due(last, at("2026-10-08T06:00:00Z"), TimeDelta::hours(12));
        assert_eq!(due.fire, Some(at("2026-10-08T05:00:00Z")));
        let missed = [at("2026-10-06T05:00:00Z"), at("2026-10-07T05:00:00Z")];
        assert_eq!(due.missed, missed);
        let late = rule.due(last, at("2026-10-06T20:00:00Z"), TimeDelta::hours(12));
        assert_eq!(late.fire, None);
        assert_eq!(late.missed, [at("2026-10-06T05:00:00Z")]);
    }

    #[test]
    fn a_job_never_seen_before_missed_nothing() {
        let due = daily(6, 0).due(None, at("2026-10-05T06:58:00Z"), DAY);
        assert_eq!(due.fire, Some(at("2026-10-05T05:00:00Z")));
        assert!(due.missed.is_empty());
    }

    #[test]
    fn a_moment_written_down_is_not_due_again() {
        let last = Some(at("2026-10-05T05:00:00Z"));
        assert_eq!(daily(6, 0).due(last, at("2026-10-05T10:00:00Z"), DAY), Due::default());
    }

    #[test]
    fn a_job_of_the_heartbeat_has_no_moments() {
        assert_eq!(LocalRule::Beat.due(None, at("2026-10-05T05:00:00Z"), DAY), Due::default());
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
}
