//! Alert rules: one file per rule, and the list that names them. A rule turns facts into raise,
//! keep or clear, with its evidence.

mod overdue_obligation;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::calendar::Calendar;
use crate::commitments::{CommitmentKind, ObligationState};
use crate::programme::Policy;
use crate::words::words;

/// Where an alert stands.
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
pub enum AlertState {
    /// Seen once, not yet shown.
    Pending,
    /// Shown, and nobody has taken it on.
    Firing,
    /// Somebody has taken it on.
    Acknowledged,
    /// Set aside until a day.
    Snoozed,
    /// No longer true, kept for a while in case it comes back.
    Clearing,
    /// Over.
    Resolved,
}

/// What an alert is about.
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
pub enum AlertSubject {
    /// A partner's enrolment.
    Enrolment,
    /// A hub.
    Hub,
    /// A contact.
    Contact,
}

/// The rules there are.
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
pub enum RuleName {
    /// Obligations overdue by more working days than the programme allows.
    OverdueObligation,
}

words! {
    /// The steps in the life of an alert.
    AlertStep {
        /// A rule found it so.
        Raised,
        /// The rule sees other facts than before.
        EvidenceChanged,
        /// Somebody took it on.
        Acknowledged,
        /// Somebody set it aside until a day.
        Snoozed,
        /// The snooze ended, by its day or by hand.
        Woken,
        /// It is no longer so; kept for a while in case it comes back.
        Clearing,
        /// It is so again.
        Reopened,
        /// Over.
        Resolved,
    }
}

/// What the rules look at: one enrolment, or one hub, with its obligations.
#[derive(Clone, Debug)]
pub struct EngagementFacts {
    /// Whether it is in a state to be flagged: active, its school open, neither new (grace) nor
    /// paused nor converting.
    pub live: bool,
    /// First day of the enrolment or hub.
    pub joined_on: NaiveDate,
    /// Working days of the school.
    pub calendar: Calendar,
    /// Its obligations.
    pub obligations: Vec<ObligationEvidence>,
}

/// An obligation as a rule sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ObligationEvidence {
    /// Its id.
    pub id: Uuid,
    /// Kind of commitment.
    pub kind: CommitmentKind,
    /// What is to be done.
    pub title: String,
    /// Where it stands.
    pub state: ObligationState,
    /// Local day by the end of which it is due.
    pub due_on: NaiveDate,
    /// Whether an offer was made by the lead and declined, cancelled or missed by the partner.
    /// Support days and open days flag a partner only then.
    pub offer_turned_down: bool,
}

/// One reason, as stored with an alert and shown to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The obligation it is about.
    pub obligation_id: Uuid,
    /// The fact, in a sentence.
    pub fact: String,
}

/// What a rule decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is so: an alert is opened, or the open one keeps this evidence.
    Raise {
        /// What is wrong, in a sentence.
        summary: String,
        /// The threshold that was passed, in words.
        threshold: String,
        /// The reasons.
        evidence: Vec<Evidence>,
    },
    /// Nothing to say, as for a paused school: leave things as they are.
    Keep,
    /// It is not, or no longer, so.
    Clear,
}

/// A rule: its name, its version (raised when its meaning changes) and its decision.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Name.
    pub name: RuleName,
    /// Version.
    pub version: i32,
    /// The decision, as of a moment.
    pub decide: fn(&EngagementFacts, &Policy, DateTime<Utc>) -> Decision,
}

/// Every rule, in the order they are shown.
pub const RULES: &[Rule] = &[overdue_obligation::RULE];
