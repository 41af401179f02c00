//! What is promised, and which dated obligations follow from it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::calendar::Calendar;
use crate::programme::{CommitmentRule, EventKind};

/// The kinds of commitment a programme can be made of.
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

/// Everything [`derive`] looks at, for one enrolment, or for one hub in one cohort.
#[derive(Clone, Debug)]
pub struct DerivationFacts {
    /// The moment of the decision.
    pub now: DateTime<Utc>,
    /// Working days after enrolment before which nothing falls due.
    pub grace_working_days: u32,
    /// First day of the enrolment, or of the hub.
    pub joined_on: NaiveDate,
    /// Last day of the enrolment, or of the hub, once it has one: what is open then is cancelled.
    pub ended_on: Option<NaiveDate>,
    /// The cohort's terms.
    pub terms: Vec<TermFacts>,
    /// The commitments of the pathway, or of hubs; retired ones left out.
    pub commitments: Vec<CommitmentFacts>,
    /// Events open to this partner (of the programme, the cohort and the hub), whatever their
    /// state.
    pub events: Vec<EventFacts>,
    /// The working days of the partner's school, or of the default calendar for a trust or hub.
    pub calendar: Calendar,
    /// What was derived before, in whatever state.
    pub existing: Vec<ExistingObligation>,
}

/// A programme term.
#[derive(Clone, Debug, PartialEq)]
pub struct TermFacts {
    /// Its id.
    pub id: Uuid,
    /// 1 for the first.
    pub ordinal: u32,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
    /// Half-term holiday, first and last day.
    pub half_term: Option<(NaiveDate, NaiveDate)>,
}

/// A commitment.
#[derive(Clone, Debug, PartialEq)]
pub struct CommitmentFacts {
    /// Id of its template.
    pub template_id: Uuid,
    /// Its kind.
    pub kind: CommitmentKind,
    /// What is to be done.
    pub title: String,
    /// In which terms and by when.
    pub rule: CommitmentRule,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventFacts {
    /// Its id.
    pub id: Uuid,
    /// Stable key within the programme; names the obligation's occurrence.
    pub key: String,
    /// Its kind.
    pub kind: EventKind,
    /// Title.
    pub title: String,
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
    /// When published, if it was.
    pub published_at: Option<DateTime<Utc>>,
    /// Whether it was cancelled.
    pub cancelled: bool,
}

/// An obligation as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The commitment it comes from.
    pub template_id: Uuid,
    /// Which instance: `term-1`, or an event's key. With the template, its identity.
    pub occurrence: String,
    /// Kind of commitment.
    pub kind: CommitmentKind,
    /// What to do now.
    pub action: Action,
    /// What is to be done, naming the event if it is about one.
    pub title: String,
    /// Its term.
    pub term_id: Option<Uuid>,
    /// Its event.
    pub event_id: Option<Uuid>,
    /// Support time it stands for, in half days.
    pub required_half_days: Option<i32>,
    /// First day on which it can be done.
    pub opens_on: Option<NaiveDate>,
    /// Local day by the end of which it is due.
    pub due_on: NaiveDate,
}

/// An obligation as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct ExistingObligation {
    /// Its id.
    pub id: Uuid,
    /// Where it stands.
    pub state: ObligationState,
    /// What was wanted when it was last derived.
    pub wanted: Wanted,
}

/// One step from what is to what should be.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A new obligation.
    Add(Wanted),
    /// An open one changed, or one cancelled before is owed again. The caller raises its revision
    /// when `due_on` differs or when it is owed again.
    Amend {
        /// Which.
        id: Uuid,
        /// As it should be.
        wanted: Wanted,
    },
    /// Its day passed and it cannot be made good.
    Miss {
        /// Which.
        id: Uuid,
    },
    /// It is no longer owed.
    Cancel {
        /// Which.
        id: Uuid,
        /// Why, in a sentence.
        reason: &'static str,
    },
}

/// Works out how the obligations of one enrolment or hub must change. Applying the answer and
/// asking again gives nothing; what was met or excused is never touched.
#[must_use]
pub fn derive(_facts: &DerivationFacts) -> Vec<Change> {
    Vec::new()
}
