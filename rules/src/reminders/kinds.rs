//! The list of reminder kinds: each has a file of its own and a line here.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{
    ObligationFacts, Step, StepKind, after, before, escalate_to_hub, escalate_to_programme,
};
use crate::commitments::OwedBy;
use crate::programme::Reminders;

/// Who is told. Steps of one audience follow one another: the next one's day ends the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Whoever owes the obligation.
    Owners,
    /// The leads of the supporting hub. A hub's own duty has none: its owners are its leads.
    HubLeads,
    /// Programme admins.
    Programme,
}

impl Audience {
    /// The people of this audience for one obligation.
    #[must_use]
    pub fn people(self, facts: &ObligationFacts) -> &[Uuid] {
        match self {
            Self::Owners => &facts.owners,
            Self::HubLeads if facts.owed_by == OwedBy::Hub => &[],
            Self::HubLeads => &facts.hub_leads,
            Self::Programme => &facts.programme_admins,
        }
    }
}

/// One kind of reminder.
#[derive(Clone, Copy)]
pub struct ReminderKind {
    /// Which.
    pub kind: StepKind,
    /// Whom it tells.
    pub audience: Audience,
    /// Its steps under a policy, each with its working days from the due day (negative: before).
    pub steps: fn(&Reminders<'_>) -> Vec<(Step, i32)>,
    /// Why it goes out: so many working days from that due day.
    pub reason: fn(u32, NaiveDate) -> String,
}

/// Every kind of reminder, in the order of their days.
pub const KINDS: &[ReminderKind] =
    &[before::KIND, after::KIND, escalate_to_hub::KIND, escalate_to_programme::KIND];

impl Step {
    /// Its line in the list of kinds.
    #[must_use]
    pub fn kind(self) -> Option<&'static ReminderKind> {
        let kind = StepKind::from(self);
        KINDS.iter().find(|candidate| candidate.kind == kind)
    }
}

/// The steps of an audience under a policy, or of all of them, in the order of their days, each with
/// its working days from the due day (negative: before); none after the policy's last day.
pub(super) fn steps(
    policy: &Reminders<'_>,
    audience: Option<Audience>,
) -> Vec<(i32, Step, &'static ReminderKind)> {
    let last = policy.stop_after.map_or(i32::MAX, days);
    let mut steps: Vec<_> = KINDS
        .iter()
        .filter(|kind| audience.is_none_or(|audience| kind.audience == audience))
        .flat_map(|kind| {
            let steps = (kind.steps)(policy).into_iter();
            steps.map(move |(step, distance)| (distance, step, kind))
        })
        .filter(|(distance, ..)| *distance <= last)
        .collect();
    steps.sort_by_key(|(distance, step, _)| (*distance, *step));
    steps
}

/// Days of a policy as signed ones.
pub(super) fn days(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
