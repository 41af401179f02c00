//! What mail goes through and stands still: paused jobs of the worker and paused mail lanes, and how to
//! say it.

use chrono::{DateTime, Utc};

use crate::calendar::{in_words, local};
use crate::lanes::lane_of;
use crate::messages::MessageKind;
use crate::words::words;

/// The job that plans reminders, by its name in the timetable.
pub const PLANNING: &str = "plan_reminders";
/// The job that makes digests of what is planned.
pub const BUNDLING: &str = "bundle_digests";
/// The job that delivers every message.
pub const DELIVERING: &str = "deliver";

words! {
    /// What can stand still on the way of mail.
    StandstillKind {
        /// A job of the worker.
        Job,
        /// A lane of mail.
        MailLane,
    }
}

/// A job or a mail lane that stands still at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standstill {
    /// Which of the two.
    pub kind: StandstillKind,
    /// Its name, such as `plan_reminders` or `routine`.
    pub name: String,
    /// When it goes on by itself (UTC); none if somebody has to resume it.
    pub until: Option<DateTime<Utc>>,
    /// Why, in the words of whoever paused it.
    pub why: String,
}

impl Standstill {
    /// Says that something waits for it, with London times: "Waits: routine mail is paused until
    /// 6 October 2026 at 09:00: The letters are put right."
    #[must_use]
    pub fn says(&self) -> String {
        let what = match self.kind {
            StandstillKind::Job => format!("the job {} is paused", self.name),
            StandstillKind::MailLane => format!("{} mail is paused", self.name),
        };
        let until = match self.until.map(local) {
            Some(at) => format!("until {} at {}", in_words(at.date()), at.format("%H:%M")),
            None => "until somebody resumes it".to_owned(),
        };
        let stop = if self.why.ends_with(['.', '!', '?']) { "" } else { "." };
        format!("Waits: {what} {until}: {}{stop}", self.why)
    }
}

/// How far a mail has come, and so what it still goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing is written down of it yet.
    Ahead,
    /// It is planned, and waits for a digest.
    Planned,
    /// It is a message.
    Written,
}

impl Stage {
    fn goes_through(self, job: &str) -> bool {
        match job {
            PLANNING => self == Self::Ahead,
            BUNDLING => self != Self::Written,
            DELIVERING => true,
            _ => false,
        }
    }
}

/// Those of `all` that mail of this kind still goes through.
#[must_use]
pub fn on_the_way(all: &[Standstill], kind: MessageKind, stage: Stage) -> Vec<&Standstill> {
    let lane: &str = lane_of(kind).into();
    let is_in_the_way = |one: &&Standstill| match one.kind {
        StandstillKind::Job => stage.goes_through(&one.name),
        StandstillKind::MailLane => one.name == lane,
    };
    all.iter().filter(is_in_the_way).collect()
}

/// The first moment, not before `at`, at which none of these stands still any more; none while nobody has
/// said when one of them goes on.
#[must_use]
pub fn over(all: &[&Standstill], at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    all.iter().try_fold(at, |latest, one| one.until.map(|until| latest.max(until)))
}

/// All of them in words, one sentence after the other.
#[must_use]
pub fn say_all(all: &[&Standstill]) -> String {
    all.iter().map(|one| one.says()).collect::<Vec<_>>().join(" ")
}
