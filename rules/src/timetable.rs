//! When the worker's jobs are due. The timetable is ours: the scheduler only wakes us, and what is
//! due follows from London time and from what is already written down.

use std::fmt;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::calendar::{local, moment};
use crate::words::words;

/// How far back a worker that was away writes down what it missed. A longer absence shows as a gap.
const LOOK_BACK: Days = Days::new(31);
/// How late a moment is still on time: a heartbeat comes at least every minute, and a pass takes its
/// time.
const ON_TIME: TimeDelta = TimeDelta::minutes(5);

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

/// What is done about moments that passed while no worker ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatchUp {
    /// Nothing: a moment that was not seen on time was missed.
    Skip,
    /// The latest is done, if it is not older than this; those before it were missed. For jobs that
    /// look at the facts as they are.
    Latest {
        /// How late it may still be done.
        within: TimeDelta,
    },
    /// Each is done that is not older than this, in order; those before them were missed. For jobs
    /// that do something of their own for every moment.
    All {
        /// How late one may still be done.
        within: TimeDelta,
    },
}

/// A time in which a job is not to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Its first moment.
    pub since: DateTime<Utc>,
    /// The first moment after it; none while nobody has said when it ends.
    pub until: Option<DateTime<Utc>>,
}

impl Pause {
    /// Whether a moment lies in it.
    #[must_use]
    pub fn holds(&self, moment: DateTime<Utc>) -> bool {
        self.since <= moment && self.until.is_none_or(|until| moment < until)
    }
}

words! {
    /// What became of a moment of the timetable.
    Outcome {
        /// The job ran for it.
        Fired,
        /// It passed undone: no worker ran in time.
        Missed,
        /// It passed undone because the job was paused.
        Paused,
    }
}

/// What becomes of a moment of the timetable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// The job is done for it.
    Fire,
    /// It passed undone.
    Missed,
    /// It passed undone because the job was paused.
    Paused,
}

impl LocalRule {
    /// What becomes at `now` of every moment since `last`, the latest that was written down for the
    /// job: in order, and to be written down in that order. A job never seen before missed nothing
    /// and has at most its latest moment to do. While a pause is in force nothing fires.
    #[must_use]
    pub fn due(
        self,
        last: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        catch_up: CatchUp,
        pauses: &[Pause],
    ) -> Vec<(DateTime<Utc>, Fate)> {
        let today = local(now).date();
        let earliest = today - LOOK_BACK;
        let earliest = last.map_or(earliest, |last| local(last).date().max(earliest));
        let mut moments = self.moments(earliest, today);
        moments.retain(|due| *due <= now && last.is_none_or(|last| *due > last));
        if last.is_none() {
            moments.drain(..moments.len().saturating_sub(1));
        }
        let is_paused = |moment| pauses.iter().any(|pause| pause.holds(moment));
        let latest = moments.iter().rev().copied().find(|moment| !is_paused(*moment));
        let fires = |moment: DateTime<Utc>| match catch_up {
            CatchUp::Skip => now - moment <= ON_TIME && Some(moment) == latest,
            CatchUp::Latest { within } => now - moment <= within && Some(moment) == latest,
            CatchUp::All { within } => now - moment <= within,
        };
        let fate = |moment| match fires(moment) {
            _ if is_paused(moment) => Fate::Paused,
            true if is_paused(now) => Fate::Paused,
            true => Fate::Fire,
            false => Fate::Missed,
        };
        let found = moments.into_iter().map(|moment| (moment, fate(moment)));
        // A job never seen before missed nothing.
        found.filter(|(_, fate)| last.is_some() || *fate != Fate::Missed).collect()
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

impl fmt::Display for LocalRule {
    /// As one says it: `every day at 00:05`. All times are London's.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |time: NaiveTime| time.format("%H:%M");
        match self {
            Self::Beat => formatter.write_str("at every heartbeat"),
            Self::Daily { at } => write!(formatter, "every day at {}", time(*at)),
            Self::Every { minutes, from, until } => {
                let often = match minutes {
                    60 => "every hour".to_owned(),
                    minutes => format!("every {minutes} minutes"),
                };
                write!(formatter, "{often} from {} to {}", time(*from), time(*until))
            }
        }
    }
}

impl fmt::Display for CatchUp {
    /// What becomes of moments that passed unseen, as one says it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = |within: &TimeDelta| match within.num_hours() {
            1 => "1 hour".to_owned(),
            hours => format!("{hours} hours"),
        };
        match self {
            Self::Skip => formatter.write_str("nothing is made up for"),
            Self::Latest { within } => {
                write!(formatter, "the latest is made up for within {}", hours(within))
            }
            Self::All { within } => {
                write!(formatter, "each is made up for within {}", hours(within))
            }
        }
    }
}

#[cfg(test)]
#[path = "timetable_tests.rs"]
mod tests;
