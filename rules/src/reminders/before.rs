//! Reminders to whoever owes an obligation, before it is due.

use super::kinds::{Audience, ReminderKind, days};
use super::{Step, StepKind};
use crate::calendar::{in_words, working_days_in_words};

/// See the module's description.
pub(super) const KIND: ReminderKind = ReminderKind {
    kind: StepKind::Before,
    audience: Audience::Owners,
    steps: |policy| {
        let counts = policy.remind_before.iter();
        counts.map(|n| (Step::Before(*n), -days(*n))).collect()
    },
    reason: |count, due_on| {
        let (count, due_on) = (working_days_in_words(count), in_words(due_on));
        format!("The reminder {count} before it is due on {due_on}.")
    },
};
