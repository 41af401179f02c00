//! Where a reminder stands among those that go, so that a list of them can be read on from there.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use rules::reminders::Step;
use uuid::Uuid;

/// Where a reminder stands among those looked for: by the due days of the obligations, and then by
/// everybody's reminders of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub(super) due_on: NaiveDate,
    pub(super) obligation_id: Uuid,
    pub(super) person_id: Uuid,
    pub(super) revision: i32,
    pub(super) step: Step,
}

impl fmt::Display for Place {
    /// As it is kept in a cursor.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { due_on, obligation_id, person_id, revision, step } = self;
        let (obligation, person) = (obligation_id.simple(), person_id.simple());
        write!(formatter, "{due_on}:{obligation}:{person}:{revision}:{step}")
    }
}

/// A text that is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is no place of a reminder")]
pub struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let [due_on, obligation, person, revision, step] =
            text.split(':').collect::<Vec<_>>().try_into().map_err(|_| NoPlace)?;
        Ok(Self {
            due_on: due_on.parse().map_err(|_| NoPlace)?,
            obligation_id: obligation.parse().map_err(|_| NoPlace)?,
            person_id: person.parse().map_err(|_| NoPlace)?,
            revision: revision.parse().map_err(|_| NoPlace)?,
            step: step.parse().map_err(|_| NoPlace)?,
        })
    }
}
