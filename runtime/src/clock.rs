//! The only place that reads the time (`clippy.toml` bans it elsewhere).
//!
//! A request or a job run asks once and passes that `now` on, so that one decision has one time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// A source of the current time, in UTC with microseconds.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    /// The machine's time, shifted; by zero outside demonstrations.
    Machine(TimeDelta),
    /// A time that stands still until it is set, in microseconds since 1970.
    Still(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's own time.
    #[must_use]
    pub fn machine() -> Self {
        Self(Source::Machine(TimeDelta::zero()))
    }

    /// A running clock that showed `start` at the real moment `anchor`.
    #[must_use]
    pub fn started_at(start: DateTime<Utc>, anchor: DateTime<Utc>) -> Self {
        Self(Source::Machine(start - anchor))
    }

    /// A clock that stands at `moment` until [`Clock::set`].
    #[must_use]
    pub fn standing_at(moment: DateTime<Utc>) -> Self {
        Self(Source::Still(Arc::new(AtomicI64::new(moment.timestamp_micros()))))
    }

    /// Moves a standing clock, and all its clones; a running one is left alone.
    pub fn set(&self, moment: DateTime<Utc>) {
        if let Source::Still(micros) = &self.0 {
            micros.store(moment.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// The time now, cut to microseconds, which is what both databases keep.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.0 {
            Source::Machine(shift) => (machine_time() + *shift).timestamp_micros(),
            Source::Still(micros) => micros.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the machine's clock"
)]
fn machine_time() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_clock_runs_on_from_its_start() {
        let start = DateTime::from_timestamp_micros(1_000_000).unwrap_or_default();
        let clock = Clock::started_at(start, machine_time() - TimeDelta::seconds(90));
        let shown = clock.now() - start;
        assert!((90..100).contains(&shown.num_seconds()), "{shown}");
    }

    #[test]
    fn a_standing_clock_moves_only_when_set_and_with_all_its_clones() {
        let clock = Clock::standing_at(DateTime::UNIX_EPOCH);
        let clone = clock.clone();
        assert_eq!(clone.now(), DateTime::UNIX_EPOCH);
        clock.set(DateTime::UNIX_EPOCH + TimeDelta::days(1));
        assert_eq!(clone.now(), DateTime::UNIX_EPOCH + TimeDelta::days(1));
    }

    #[test]
    fn times_are_cut_to_microseconds() {
        assert_eq!(Clock::machine().now().timestamp_subsec_nanos() % 1_000, 0);
    }
}
