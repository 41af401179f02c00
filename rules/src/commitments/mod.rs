//! What is promised, and which dated obligations follow from it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

mod dates;
mod deeds;
mod derive;
mod facts;
mod reopen;
mod wanted;

pub use dates::middle;
pub use deeds::{Deed, DeedKind, DeedObligation, Settlement, settle};
pub use derive::derive;
pub use facts::{
    Change, CommitmentFacts, DerivationFacts, EventFacts, ExistingObligation, TermFacts, Wanted,
};
pub use reopen::{NotReopened, may_reopen};

/// The kinds of commitment a programme can be made of.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
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
pub enum CommitmentKind {
    /// First steps, such as watching the introduction video and reviewing attendance reports.
    InitialActions,
    /// The partner assesses its own practice.
    SelfAssessment,
    /// Lead and partner audit the partner's practice together.
    Audit,
    /// Attend an open day at the lead setting.
    AttendOpenDay,
    /// Attend a CPD session or watch its recording.
    AttendCpdSession,
    /// Take a training module.
    TrainingModule,
    /// Take part in the hub's networking.
    AttendNetworking,
    /// Host the lead's deep-dive visit.
    DeepDiveVisit,
    /// Use the lead's one-to-one support days.
    SupportDays,
    /// Run the pupil and staff surveys of perceptions of behaviour.
    PerceptionSurvey,
    /// Answer the programme's evaluation survey.
    EvaluationSurvey,
    /// Share documents with the lead.
    ShareDocuments,
    /// Write the action plan.
    ActionPlan,
    /// Write the improvement plan together with the lead.
    ImprovementPlan,
    /// Launch the new approach in school.
    Launch,
    /// Review progress on the plan with the lead.
    ProgressReview,
    /// Hold the final review.
    FinalReview,
    /// A hub hosts an open day.
    HostOpenDay,
    /// A hub offers and delivers support days.
    DeliverSupportDays,
    /// A hub hosts networking.
    HostNetworking,
    /// A hub keeps in touch with its partners.
    KeepInTouch,
}

impl CommitmentKind {
    /// Whether a partner can do it only when its lead offers it, so that being late with it says
    /// nothing about the partner unless an offer was declined, cancelled or missed.
    #[must_use]
    pub fn depends_on_an_offer(self) -> bool {
        matches!(self, Self::SupportDays | Self::AttendOpenDay)
    }
}

/// Who owes an obligation.
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
pub enum OwedBy {
    /// The partner setting.
    Partner,
    /// The lead setting, as the hub.
    Hub,
}

/// What it takes to meet an obligation now.
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
pub enum Action {
    /// Do what the title says.
    Do,
    /// Attend the event.
    Attend,
    /// The event has passed: watch its recording.
    WatchRecording,
}

/// Where an obligation stands. There is no `overdue` here: that is open and past its due moment.
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
pub enum ObligationState {
    /// To be done.
    Open,
    /// Done.
    Met,
    /// Excused by the hub lead or the programme.
    Excused,
    /// Its moment passed and cannot come back, such as an open day of a past term.
    Missed,
    /// No longer owed: the enrolment ended, or the event or commitment was withdrawn.
    Cancelled,
}

impl ObligationState {
    /// Whether somebody achieved or settled it, so that deriving anew must leave it alone.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Met | Self::Excused)
    }
}

/// Whether an obligation is overdue at `now`: open, and its due moment has come.
#[must_use]
pub fn is_overdue(state: ObligationState, due_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    state == ObligationState::Open && due_at <= now
}
