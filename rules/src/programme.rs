//! What a programme is made of, as data: the types of a set-up file and of what is stored of it.

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use crate::calendar::SpanKind;
use crate::plans::Theme;
use crate::surveys::CampaignSetUp;

mod commitment;
mod faults;
mod policy;

pub use commitment::{CommitmentRule, CommitmentSetUp, DueRule, EventKind, TermChoice};
pub use policy::{KindPolicy, Policy, Reminders};

/// A whole set-up file: one programme with its cohorts, pathways, commitments, events and school
/// calendars. Keys are stable; loading the file again with a changed date moves that date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The programme itself.
    pub programme: ProgrammeSetUp,
    /// When to remind, escalate and flag.
    pub policy: Policy,
    /// Cohorts with their dated terms.
    #[serde(rename = "cohort")]
    pub cohorts: Vec<CohortSetUp>,
    /// Pathways with what a partner promises on each.
    #[serde(rename = "pathway")]
    pub pathways: Vec<PathwaySetUp>,
    /// What every hub promises.
    #[serde(rename = "hub_commitment", default)]
    pub hub_commitments: Vec<CommitmentSetUp>,
    /// Events of the whole programme, such as CPD sessions.
    #[serde(rename = "event", default)]
    pub events: Vec<EventSetUp>,
    /// Surveys of its cohorts.
    #[serde(rename = "campaign", default)]
    pub campaigns: Vec<CampaignSetUp>,
    /// School terms: the default and those of local authorities and schools that differ.
    #[serde(rename = "calendar", default)]
    pub calendars: Vec<CalendarSetUp>,
    /// What partners assess themselves by, if the programme asks them to.
    #[serde(default)]
    pub self_assessment: Option<SelfAssessmentSetUp>,
}

/// The programme's own line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeSetUp {
    /// Stable key, such as `rise`.
    pub key: String,
    /// Name.
    pub name: String,
    /// What it is, in a sentence or two.
    pub description: String,
}

/// A cohort and its terms, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CohortSetUp {
    /// Key within the programme.
    pub key: String,
    /// Name.
    pub name: String,
    /// Its terms, the first being term 1.
    #[serde(rename = "term")]
    pub terms: Vec<TermSetUp>,
}

/// One dated programme term.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermSetUp {
    /// Name.
    pub name: String,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
    /// Half-term holiday, first and last day, if it has one.
    #[serde(default)]
    pub half_term: Option<(NaiveDate, NaiveDate)>,
}

/// A pathway and what its partners promise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathwaySetUp {
    /// Key within the programme.
    pub key: String,
    /// Name.
    pub name: String,
    /// What it offers.
    pub description: String,
    /// Who can be a partner on it.
    pub partner_kind: PartnerKind,
    /// Least and most leadership days a partner can expect.
    #[serde(default)]
    pub leadership_days: Option<(u32, u32)>,
    /// What a partner promises.
    #[serde(rename = "commitment", default)]
    pub commitments: Vec<CommitmentSetUp>,
}

/// Who can be a partner on a pathway.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::EnumMessage,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PartnerKind {
    /// Schools only.
    School,
    /// Trusts only.
    Trust,
    /// Schools and trusts.
    Any,
}

/// An event of the whole programme.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSetUp {
    /// Key within the programme.
    pub key: String,
    /// What it is.
    pub kind: EventKind,
    /// Title.
    pub title: String,
    /// Cohort it is for, by key; all when absent.
    #[serde(default)]
    pub cohort: Option<String>,
    /// Start, London time.
    pub starts_at: NaiveDateTime,
    /// End, London time.
    pub ends_at: NaiveDateTime,
    /// When schools can first see it, London time; never, when absent.
    #[serde(default)]
    pub published_at: Option<NaiveDateTime>,
    /// Whether it was cancelled.
    #[serde(default)]
    pub cancelled: bool,
}

/// School terms of everyone, of a local authority or of one school.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarSetUp {
    /// Whose calendar.
    pub applies_to: CalendarOwner,
    /// Name.
    pub name: String,
    /// Terms, half-term holidays and INSET days.
    #[serde(rename = "span")]
    pub spans: Vec<SpanSetUp>,
}

/// The themes and levels by which partners assess themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelfAssessmentSetUp {
    /// Its title.
    pub title: String,
    /// Its themes, in order.
    #[serde(rename = "theme")]
    pub themes: Vec<Theme>,
}

/// Whose calendar it is. A school's own calendar goes before its local authority's, and that
/// before the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalendarOwner {
    /// Everyone without another.
    Default,
    /// A local authority, by its code.
    LocalAuthority(u32),
    /// A school, by its URN.
    School(u32),
}

/// A stretch of days of a school calendar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpanSetUp {
    /// What it is.
    pub kind: SpanKind,
    /// Name.
    pub name: String,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
}

/// One fault of a set-up file: where it is and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetUpFault {
    /// Path inside the file, such as `pathway.regional.commitment.self-assessment.term`.
    pub place: String,
    /// What is wrong, in a sentence.
    pub problem: String,
}

impl SetUp {
    /// Finds every fault a reader of the file can act on: keys used twice or unknown, terms that
    /// overlap or run backwards, a commitment that names no event where its rule needs one, times
    /// of day that make no window. An empty list means the set-up can be loaded.
    #[must_use]
    pub fn faults(&self) -> Vec<SetUpFault> {
        faults::find(self)
    }
}
