//! One commitment as it stands in a set-up file: flat, and strict about its words, which serde
//! cannot be for a flattened struct.

use serde::Deserialize;

use super::{CommitmentKind, CommitmentRule, CommitmentSetUp, DueRule, EventKind, TermChoice};

/// [`CommitmentSetUp`] with the fields of its rule spelt out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CommitmentLine {
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
            },
        }
    }
}
