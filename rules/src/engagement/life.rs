//! The life of an alert: what a rule's verdict, a person or the day makes of it.
//!
//! | From | The rule says so | not so | over |
//! |---|---|---|---|
//! | nothing | pending if it settles, else firing | | |
//! | pending | firing once it has lasted | forgotten | forgotten |
//! | firing, acknowledged | | clearing if it settles, else resolved | resolved |
//! | snoozed | firing once its day has come | as above, the snooze is kept | resolved |
//! | clearing | as it was before, reopened | resolved once it has lasted | resolved |
//! | resolved | reopened, within the window or the snooze; else a new alert | | |
//!
//! A rule that cannot tell changes nothing, save that a snooze ends on its day.

use chrono::{DateTime, NaiveDate, Utc};

use super::{AlertPolicy, AlertState, AlertStep};
use crate::calendar::{Calendar, local};

/// Longest snooze, in days.
pub const LONGEST_SNOOZE: u64 = 90;

/// An alert, as far as its life depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Where it stands.
    pub state: AlertState,
    /// When shown; while pending, when first noticed.
    pub raised_at: DateTime<Utc>,
    /// Since when somebody has it.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// London day on which its snooze ends.
    pub snoozed_until: Option<NaiveDate>,
    /// Since when it is no longer so.
    pub clearing_since: Option<DateTime<Utc>>,
    /// When it was over.
    pub resolved_at: Option<DateTime<Utc>>,
    /// How often it came back.
    pub reopened: i32,
}

/// What happens to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The rule finds it so.
    So,
    /// The rule finds it not so.
    NotSo,
    /// The rule cannot tell, or this is no time to.
    Untold,
    /// What it is about has ended: the enrolment is over, the hub closed.
    Ended,
    /// Somebody takes it on.
    Acknowledge,
    /// Somebody sets it aside until a London day.
    Snooze(NaiveDate),
    /// Somebody ends the snooze.
    Wake,
}

/// What becomes of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It stays as it is.
    Stay,
    /// There is a new one, by this step.
    Open(Life, AlertStep),
    /// It changes, by this step.
    Become(Life, AlertStep),
    /// It was never shown, and is gone as if it had never been.
    Forget,
    /// It stays; what somebody wants does not fit where it stands.
    Refuse,
}

/// What a life is counted by.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The programme's thresholds.
    pub policy: &'a AlertPolicy,
    /// Working days of the subject.
    pub calendar: &'a Calendar,
    /// Whether the rule looks at what comes and goes.
    pub settles: bool,
    /// As of when.
    pub now: DateTime<Utc>,
}

impl Ground<'_> {
    fn today(&self) -> NaiveDate {
        local(self.now).date()
    }

    /// Whether so many working days have passed since a moment.
    fn has_been(&self, since: DateTime<Utc>, working_days: u32) -> bool {
        let passed = self.calendar.working_days_between(local(since).date(), self.today());
        i64::from(passed) >= i64::from(working_days)
    }

    fn is_snoozed(&self, life: &Life) -> bool {
        life.snoozed_until.is_some_and(|day| self.today() < day)
    }
}

/// What becomes of an alert, or of none yet. `old` is the one that is open about the same subject,
/// rule and period, else the one that was resolved last.
#[must_use]
pub fn next(old: Option<&Life>, happening: Happening, ground: &Ground<'_>) -> Outcome {
    use AlertState as S;
    use Happening as H;
    let fresh = || if happening == H::So { open(ground) } else { Outcome::Stay };
    let Some(life) = old else { return fresh() };
    match (life.state, happening) {
        (S::Resolved, H::So) if comes_back(life, ground) => reopen(life, ground),
        (S::Resolved, H::So) => open(ground),

        (S::Pending, H::So) => {
            if ground.has_been(life.raised_at, ground.policy.pending_working_days) {
                let shown = Life { state: S::Firing, raised_at: ground.now, ..*life };
                Outcome::Become(shown, AlertStep::Raised)
            } else {
                Outcome::Stay
            }
        }
        (S::Pending, H::NotSo | H::Ended) => Outcome::Forget,

        (S::Clearing, H::So) => reopen(life, ground),
        (S::Clearing, H::NotSo) => {
            let since = life.clearing_since.unwrap_or(ground.now);
            if ground.has_been(since, ground.policy.clearing_working_days) {
                resolve(life, ground)
            } else {
                Outcome::Stay
            }
        }
        (S::Clearing, H::Acknowledge) => {
            let taken = Life { acknowledged_at: Some(ground.now), snoozed_until: None, ..*life };
            Outcome::Become(taken, AlertStep::Acknowledged)
        }

        (S::Firing | S::Acknowledged | S::Snoozed, H::NotSo) if ground.settles => {
            let clearing = Life { state: S::Clearing, clearing_since: Some(ground.now), ..*life };
            Outcome::Become(clearing, AlertStep::Clearing)
        }
        (S::Firing | S::Acknowledged | S::Snoozed, H::NotSo) => resolve(life, ground),
        (S::Firing | S::Acknowledged | S::Snoozed | S::Clearing, H::Ended) => {
            resolve(&Life { snoozed_until: None, ..*life }, ground)
        }
        (S::Snoozed, H::So | H::Untold) if !ground.is_snoozed(life) => wake(life),
        (S::Snoozed, H::Wake) => wake(life),
        (S::Firing | S::Acknowledged | S::Snoozed, H::Acknowledge) => {
            let taken = Life {
                state: S::Acknowledged,
                acknowledged_at: Some(ground.now),
                snoozed_until: None,
                ..*life
            };
            Outcome::Become(taken, AlertStep::Acknowledged)
        }
        (S::Firing | S::Acknowledged | S::Snoozed, H::Snooze(until)) => {
            let aside = Life { state: S::Snoozed, snoozed_until: Some(until), ..*life };
            Outcome::Become(aside, AlertStep::Snoozed)
        }
        (S::Firing | S::Acknowledged | S::Snoozed, H::So | H::Untold)
        | (S::Pending | S::Clearing, H::Untold)
        | (S::Resolved, H::NotSo | H::Untold | H::Ended) => Outcome::Stay,
        // What is over or not shown yet cannot be taken on; what ends by itself is neither set aside
        // nor woken, and only what is set aside is.
        (S::Resolved | S::Pending, H::Acknowledge | H::Snooze(_) | H::Wake)
        | (S::Clearing, H::Snooze(_) | H::Wake)
        | (S::Firing | S::Acknowledged, H::Wake) => Outcome::Refuse,
    }
}

/// Whether a resolved alert is opened again rather than a new one made.
fn comes_back(life: &Life, ground: &Ground<'_>) -> bool {
    let window = ground.policy.reopen_within_working_days;
    // A day more would be one too many: hence not "has been" that long plus one.
    let recent = life.resolved_at.is_some_and(|at| !ground.has_been(at, window.saturating_add(1)));
    recent || ground.is_snoozed(life)
}

/// A new alert.
fn open(ground: &Ground<'_>) -> Outcome {
    let (state, step) = if ground.settles && ground.policy.pending_working_days > 0 {
        (AlertState::Pending, AlertStep::Noticed)
    } else {
        (AlertState::Firing, AlertStep::Raised)
    };
    let life = Life {
        state,
        raised_at: ground.now,
        acknowledged_at: None,
        snoozed_until: None,
        clearing_since: None,
        resolved_at: None,
        reopened: 0,
    };
    Outcome::Open(life, step)
}

/// Back to where it was: a snooze that has not ended keeps it quiet, and who had it while it was
/// clearing has it still.
fn reopen(life: &Life, ground: &Ground<'_>) -> Outcome {
    let snoozed = ground.is_snoozed(life);
    let taken = life
        .acknowledged_at
        .filter(|_| life.state == AlertState::Clearing && life.snoozed_until.is_none());
    let state = match (snoozed, taken) {
        (true, _) => AlertState::Snoozed,
        (false, Some(_)) => AlertState::Acknowledged,
        (false, None) => AlertState::Firing,
    };
    let again = Life {
        state,
        raised_at: life.raised_at,
        acknowledged_at: if snoozed { life.acknowledged_at } else { taken },
        snoozed_until: life.snoozed_until.filter(|_| snoozed),
        clearing_since: None,
        resolved_at: None,
        reopened: life.reopened.saturating_add(1),
    };
    Outcome::Become(again, AlertStep::Reopened)
}

/// The snooze is over: it wants somebody's attention again.
fn wake(life: &Life) -> Outcome {
    let awake =
        Life { state: AlertState::Firing, acknowledged_at: None, snoozed_until: None, ..*life };
    Outcome::Become(awake, AlertStep::Woken)
}

fn resolve(life: &Life, ground: &Ground<'_>) -> Outcome {
    let over = Life {
        state: AlertState::Resolved,
        clearing_since: None,
        resolved_at: Some(ground.now),
        ..*life
    };
    Outcome::Become(over, AlertStep::Resolved)
}
