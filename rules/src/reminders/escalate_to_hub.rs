//! Telling the hub lead about an obligation that is long overdue.

use super::kinds::{Audience, ReminderKind, days};
use super::{Step, StepKind};
use crate::calendar::{in_words, working_days_in_words};

/// See the module's description.
pub(super) const KIND: ReminderKind = ReminderKind {
    kind: StepKind::EscalateToHub,
    audience: Audience::HubLeads,
    steps: |policy| {
        let count = policy.escalate_to_hub_after;
        vec![(Step::EscalateToHub, days(count))]
    },
    reason: |count, due_on| {
        let (count, due_on) = (working_days_in_words(count), in_words(due_on));
        format!("Still open {count} after it was due on {due_on}, so the hub lead is told.")
    },
};
