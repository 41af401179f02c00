//! Telling the programme about an obligation that is longer overdue.

use super::kinds::{Audience, ReminderKind, days};
use super::{Step, StepKind};
use crate::calendar::{in_words, working_days_in_words};

/// See the module's description.
pub(super) const KIND: ReminderKind = ReminderKind {
    kind: StepKind::EscalateToProgramme,
    audience: Audience::Programme,
    steps: |policy| {
        let count = policy.escalate_to_programme_after;
        vec![(Step::EscalateToProgramme, days(count))]
    },
    reason: |count, due_on| {
        let (count, due_on) = (working_days_in_words(count), in_words(due_on));
        format!("Still open {count} after it was due on {due_on}, so the programme is told.")
    },
};
