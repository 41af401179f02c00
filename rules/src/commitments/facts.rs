//! What deriving obligations looks at, and what it answers.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{Action, CommitmentKind, ObligationState};
use crate::calendar::Calendar;
use crate::programme::{CommitmentRule, EventKind};

/// Everything [`super::derive`] looks at, for one enrolment, or for one hub in one cohort.
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
