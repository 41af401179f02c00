//! The demonstration's own clock. It starts on Monday 5 October 2026 at 07:58 in London and stands
//! still while the demonstration is down, so that nothing falls due unseen.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What the clock shows at the very first start.
pub const STARTS_AT: &str = "2026-10-05T07:58:00";
/// The same as a time of day, in seconds.
const STARTS_AT_SECONDS: u64 = (7 * 60 + 58) * 60;
/// When digests go out by default, as a time of day in seconds.
const DIGESTS_AT: u64 = 8 * 60 * 60;
const DAY: u64 = 24 * 60 * 60;

/// A clock that remembers, in a file, for how many seconds it has run.
pub struct DemoClock {
    file: PathBuf,
    before: u64,
    since: Instant,
    anchor: SystemTime,
}

impl DemoClock {
    /// Lets the clock run on from what `file` remembers, or from the start.
    ///
    /// # Errors
    /// The file holds no number.
    pub fn run_on(file: PathBuf) -> Result<Self, String> {
        let before = match std::fs::read_to_string(&file) {
            Ok(text) => text.trim().parse().map_err(|_| {
                format!(
                    "{} should hold a number of seconds; `cargo up --fresh` starts over",
                    file.display()
                )
            })?,
            Err(_) => 0,
        };
        Ok(Self {
            file,
            before,
            since: Instant::now(),
            anchor: real_time() - Duration::from_secs(before),
        })
    }

    /// The real moment at which the clock showed [`STARTS_AT`], in milliseconds since 1970.
    pub fn anchor_unix_ms(&self) -> u128 {
        self.anchor.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis())
    }

    /// Seconds for which the clock has run, in all demonstrations in this folder.
    pub fn elapsed(&self) -> u64 {
        self.before + self.since.elapsed().as_secs()
    }

    /// Remembers how far the clock is: two seconds ahead, so that a demonstration that is killed
    /// before the next call cannot begin again before its last moment.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn remember(&self) -> Result<(), String> {
        let draft = self.file.with_extension("draft");
        std::fs::write(&draft, format!("{}\n", self.elapsed() + 2))
            .and_then(|()| std::fs::rename(&draft, &self.file))
            .map_err(|error| cannot_write(&self.file, &error))
    }
}

fn cannot_write(file: &Path, error: &std::io::Error) -> String {
    format!("{} cannot be written: {error}", file.display())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the programs' clock is anchored at a real moment, which must come from somewhere"
)]
fn real_time() -> SystemTime {
    SystemTime::now()
}

/// What the clock shows after `elapsed` seconds, in words.
pub fn shown(elapsed: u64) -> String {
    let seconds = STARTS_AT_SECONDS + elapsed;
    let days = match seconds / DAY {
        0 => "Monday 5 October 2026".to_owned(),
        1 => "Tuesday 6 October 2026".to_owned(),
        days => format!("{days} days after Monday 5 October 2026"),
    };
    let (hours, minutes) = (seconds % DAY / 3600, seconds % 3600 / 60);
    format!("{days}, {hours:02}:{minutes:02} in London")
}

/// Seconds until the next 08:00, when `elapsed` seconds have passed.
pub fn until_digests(elapsed: u64) -> u64 {
    (DIGESTS_AT + DAY - (STARTS_AT_SECONDS + elapsed) % DAY) % DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_digests_are_two_minutes_away_at_the_start() {
        assert_eq!(until_digests(0), 120);
        assert_eq!(until_digests(121), DAY - 1);
        assert_eq!(shown(0), "Monday 5 October 2026, 07:58 in London");
        assert_eq!(shown(DAY), "Tuesday 6 October 2026, 07:58 in London");
    }

    #[test]
    fn the_clock_stands_still_while_the_demonstration_is_down() -> Result<(), String> {
        let file = std::env::temp_dir().join(format!("hubs-demo-clock-{}", std::process::id()));
        std::fs::write(&file, "600\n").map_err(|error| error.to_string())?;
        let clock = DemoClock::run_on(file.clone())?;
        assert!((600..605).contains(&clock.elapsed()));
        clock.remember()?;
        let again = DemoClock::run_on(file.clone())?;
        assert!((602..610).contains(&again.elapsed()), "{}", again.elapsed());
        std::fs::remove_file(file).map_err(|error| error.to_string())
    }
}
