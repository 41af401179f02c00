//! One promise, before it is dated: what, in which terms and by when.

use serde::{Deserialize, Serialize};

use crate::commitments::CommitmentKind;

/// One promise, before it is dated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "CommitmentLine")]
pub struct CommitmentSetUp {
    /// Key within the pathway.
    pub key: String,
    /// What kind of promise.
    pub kind: CommitmentKind,
    /// What is to be done, as an imperative.
    pub title: String,
    /// In which terms and by when.
    #[serde(flatten)]
    pub rule: CommitmentRule,
}

/// In which terms a commitment is owed and by when. Stored with the commitment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommitmentRule {
    /// The programme terms in which it is owed.
    pub term: TermChoice,
    /// By when.
    pub due: DueRule,
    /// Owed only where such an event is published for the partner: in that term, or, with
    /// [`DueRule::Event`], once per event.
    #[serde(default)]
    pub event: Option<EventKind>,
    /// Who joined after the event, or missed it, watches the recording within so many working
    /// days of the event, or of its publication if that came later.
    #[serde(default)]
    pub recording_within: Option<u32>,
    /// Closes as missed when its day has passed, for deeds that cannot be made good.
    #[serde(default)]
    pub closes_as_missed: bool,
    /// Support time it stands for, in days; halves are allowed.
    #[serde(default)]
    pub days: Option<f64>,
    /// Being there counts only with a senior leader among those who came.
    #[serde(default)]
    pub senior_leader: bool,
}

impl CommitmentRule {
    /// Support time it stands for, in half days.
    #[must_use]
    pub fn half_days(&self) -> Option<i32> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float becomes the nearest whole number, and faults() refuses halves of halves"
        )]
        self.days.map(|days| (days * 2.0).round() as i32)
    }
}

/// The programme terms in which a commitment is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermChoice {
    /// The term with this ordinal; nothing is owed in a cohort with fewer terms.
    Number(u32),
    /// Every term, once in each.
    Each,
    /// The final term.
    Last,
}

/// By when a commitment is due within its term. A deadline is the end of that local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueRule {
    /// The last working day of the so-manieth week; the week in which the term starts is week 1.
    EndOfWeek(u32),
    /// The first working day of the term.
    StartOfTerm,
    /// The last working day before the half-term holiday; the middle of a term without one.
    HalfTerm,
    /// The working day in the middle of the term.
    MidTerm,
    /// The last working day of the term.
    EndOfTerm,
    /// The day of each event of the commitment's kind that takes place in the term.
    Event,
    /// The last working day of the term, open for the last so many weeks of it.
    LastWeeks(u32),
}

/// Kinds of event.
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
pub enum EventKind {
    /// A day on which a lead setting shows partners its practice.
    OpenDay,
    /// An online session of continuing professional development.
    CpdSession,
    /// A training module.
    TrainingModule,
    /// A hub's networking event.
    HubNetworking,
}

/// [`CommitmentSetUp`] as it stands in a file, the fields of its rule spelt out: serde cannot be
/// strict about the words of a flattened struct.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommitmentLine {
    key: String,
    kind: CommitmentKind,
    title: String,
    term: TermChoice,
    due: DueRule,
    #[serde(default)]
    event: Option<EventKind>,
    #[serde(default)]
    recording_within: Option<u32>,
    #[serde(default)]
    closes_as_missed: bool,
    #[serde(default)]
    days: Option<f64>,
    #[serde(default)]
    senior_leader: bool,
}

impl From<CommitmentLine> for CommitmentSetUp {
    fn from(line: CommitmentLine) -> Self {
        Self {
            key: line.key,
            kind: line.kind,
            title: line.title,
            rule: CommitmentRule {
                term: line.term,
                due: line.due,
                event: line.event,
                recording_within: line.recording_within,
                closes_as_missed: line.closes_as_missed,
                days: line.days,
                senior_leader: line.senior_leader,
            },
        }
    }
}
