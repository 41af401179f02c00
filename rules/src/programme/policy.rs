//! When a programme reminds, escalates and flags: for all that is owed, and for one kind of it.

use std::collections::BTreeMap;

use chrono::NaiveTime;
use serde::{Deserialize, Serialize};

use crate::commitments::CommitmentKind;
use crate::engagement::AlertPolicy;
use crate::people::ContactRole;

/// When a programme reminds, escalates and flags. All days are working days of the recipient's
/// school; times of day are London time.
///
/// What is unknown in it is passed over, since a newer version may have stored it; whoever reads a
/// set-up file refuses that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Nothing falls due, and nothing is flagged, in so many working days after enrolment.
    pub grace_working_days: u32,
    /// Reminders, each so many working days before the due day.
    pub remind_before: Vec<u32>,
    /// Reminders, each so many working days after the due day.
    pub remind_after: Vec<u32>,
    /// Tell the hub lead so many working days after the due day.
    pub escalate_to_hub_after: u32,
    /// Tell the programme so many working days after the due day.
    pub escalate_to_programme_after: u32,
    /// Which contacts of the partner setting are reminded, and written to about all else.
    pub recipients: Vec<ContactRole>,
    /// Nothing more goes out about an obligation so many working days after its due day,
    /// escalations included. Without it every step goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_after: Option<u32>,
    /// When the daily digest goes out, unless a person chose another time. Whoever has a part in
    /// several programmes gets it at the latest of their times.
    pub digest_at: NaiveTime,
    /// Routine mail stops at this time of day.
    pub quiet_from: NaiveTime,
    /// Routine mail starts again at this time of day.
    pub quiet_until: NaiveTime,
    /// An obligation overdue by so many working days raises an alert.
    pub alert_when_overdue_by: u32,
    /// When else to flag, and for how long to wait before and after.
    #[serde(default)]
    pub alerts: AlertPolicy,
    /// What is otherwise for one kind of commitment, such as `evaluation_survey`.
    #[serde(rename = "kind", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kinds: BTreeMap<CommitmentKind, KindPolicy>,
}

/// What is otherwise for one kind of commitment; what is absent is as for all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KindPolicy {
    /// As [`Policy::remind_before`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_before: Option<Vec<u32>>,
    /// As [`Policy::remind_after`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_after: Option<Vec<u32>>,
    /// As [`Policy::escalate_to_hub_after`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate_to_hub_after: Option<u32>,
    /// As [`Policy::escalate_to_programme_after`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate_to_programme_after: Option<u32>,
    /// Which contacts of the partner setting are reminded of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipients: Option<Vec<ContactRole>>,
    /// As [`Policy::stop_after`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_after: Option<u32>,
}

/// What holds for one kind of commitment: its own where it has any, else that of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminders<'a> {
    /// See [`Policy::remind_before`].
    pub remind_before: &'a [u32],
    /// See [`Policy::remind_after`].
    pub remind_after: &'a [u32],
    /// See [`Policy::escalate_to_hub_after`].
    pub escalate_to_hub_after: u32,
    /// See [`Policy::escalate_to_programme_after`].
    pub escalate_to_programme_after: u32,
    /// See [`Policy::recipients`].
    pub recipients: &'a [ContactRole],
    /// See [`Policy::stop_after`].
    pub stop_after: Option<u32>,
}

impl Policy {
    /// How all is reminded of that has no way of its own.
    fn of_all(&self) -> Reminders<'_> {
        Reminders {
            remind_before: &self.remind_before,
            remind_after: &self.remind_after,
            escalate_to_hub_after: self.escalate_to_hub_after,
            escalate_to_programme_after: self.escalate_to_programme_after,
            recipients: &self.recipients,
            stop_after: self.stop_after,
        }
    }

    /// How one kind of commitment is reminded of.
    #[must_use]
    pub fn reminders(&self, kind: CommitmentKind) -> Reminders<'_> {
        let all = self.of_all();
        self.kinds.get(&kind).map_or(all, |own| own.over(all))
    }

    /// Every way in which something is reminded of.
    pub fn all_reminders(&self) -> impl Iterator<Item = Reminders<'_>> {
        let all = self.of_all();
        self.kinds.values().map(move |own| own.over(all)).chain([all])
    }
}

impl KindPolicy {
    /// Its own, over what holds for all.
    fn over<'a>(&'a self, all: Reminders<'a>) -> Reminders<'a> {
        let to_programme = self.escalate_to_programme_after;
        Reminders {
            remind_before: self.remind_before.as_deref().unwrap_or(all.remind_before),
            remind_after: self.remind_after.as_deref().unwrap_or(all.remind_after),
            escalate_to_hub_after: self.escalate_to_hub_after.unwrap_or(all.escalate_to_hub_after),
            escalate_to_programme_after: to_programme.unwrap_or(all.escalate_to_programme_after),
            recipients: self.recipients.as_deref().unwrap_or(all.recipients),
            stop_after: self.stop_after.or(all.stop_after),
        }
    }
}
