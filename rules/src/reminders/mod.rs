//! When to remind whom: one file per kind of reminder, and the list that names them.

mod after;
mod before;
mod days;
mod digest_hour;
mod escalate_to_hub;
mod escalate_to_programme;
mod kinds;
mod passed;
mod plan;
mod send_time;
mod step;
mod why;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::calendar::Calendar;
use crate::commitments::{CommitmentKind, ObligationState, OwedBy};

pub use days::Days;
pub use digest_hour::digest_minute;
pub use kinds::{Audience, KINDS, ReminderKind};
pub use passed::{PassedReason, Past};
pub use plan::{plan, reach, unwanted};
pub use send_time::{has_hour_come, is_quiet, may_go, next_send_time};
pub use step::UnknownStep;
pub use why::{Account, Around, Reader, Verdict, Written, next, why};

/// Where a reminder stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumMessage,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ReminderState {
    /// Waits for its day.
    Planned,
    /// Travels in a message.
    Bundled,
    /// Its message was taken by the mail server.
    Sent,
    /// No longer wanted: what it was about was done, moved or ended first.
    Cancelled,
    /// Its moment passed before it could go.
    Expired,
}

/// One obligation as the planner sees it.
#[derive(Clone, Debug)]
pub struct ObligationFacts {
    /// Its id.
    pub id: Uuid,
    /// Kind of commitment.
    pub kind: CommitmentKind,
    /// Who owes it.
    pub owed_by: OwedBy,
    /// Where it stands.
    pub state: ObligationState,
    /// Rises when the due day moves.
    pub revision: i32,
    /// First day on which it can be done; nobody is reminded before.
    pub opens_on: Option<NaiveDate>,
    /// Local day by the end of which it is due.
    pub due_on: NaiveDate,
    /// Whether every event that it could be met at is over, as when the term's only open day was:
    /// it stays owed to the end of the term, but there is nothing left to remind of.
    pub nothing_left_to_attend: bool,
    /// Whether an open survey campaign reminds of it by letters of its own, with the codes in them:
    /// nobody is reminded twice of one survey beforehand.
    pub reminded_by_survey: bool,
    /// Whether its enrolment is active (for a hub's duty: the hub open) and its school open.
    pub live: bool,
    /// Working days of the school that owes it.
    pub calendar: Calendar,
    /// People who owe it: the setting's contacts in the policy's roles, or the hub's leads.
    pub owners: Vec<Uuid>,
    /// Leads of the hub that supports it.
    pub hub_leads: Vec<Uuid>,
    /// Programme admins.
    pub programme_admins: Vec<Uuid>,
    /// Working days of the schools of leads and admins who have schools of their own. Whoever else owes
    /// it does so for its school.
    pub own_calendars: Arc<HashMap<Uuid, Vec<Calendar>>>,
    /// Steps in the ledger for this revision that are on their way or done with: all but the
    /// cancelled, which may be wanted again.
    pub ledger: BTreeSet<(Step, Uuid)>,
}

impl ObligationFacts {
    /// The days on which mail about it may go to somebody.
    #[must_use]
    pub fn days(&self, person: Uuid) -> Days<'_> {
        let own = self.own_calendars.get(&person);
        Days::new(&self.calendar, own.map_or(&[], Vec::as_slice))
    }
}

/// Which reminder of an obligation it is. Written as `before_10`, `after_3`, `escalate_hub`,
/// `escalate_programme`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(StepKind),
    derive(Hash, strum::IntoStaticStr, strum::VariantArray),
    strum(serialize_all = "snake_case"),
    doc = "The kinds of [`Step`], without their days."
)]
pub enum Step {
    /// So many working days before the due day.
    Before(u32),
    /// So many working days after the due day.
    After(u32),
    /// To the hub lead, long overdue.
    EscalateToHub,
    /// To the programme, longer overdue.
    EscalateToProgramme,
}

/// A reminder to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedReminder {
    /// About which obligation.
    pub obligation_id: Uuid,
    /// Which of its reminders.
    pub step: Step,
    /// To whom.
    pub person_id: Uuid,
    /// About which revision of the obligation.
    pub revision: i32,
    /// Local day on which it goes out: a working day of the school, and of one of the person's own.
    pub send_on: NaiveDate,
    /// From then on it would be nonsense: the next step's day, or the due moment.
    pub expires_at: DateTime<Utc>,
    /// Why, in a sentence without personal data.
    pub reason: String,
}
