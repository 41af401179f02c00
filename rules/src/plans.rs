//! Self-assessments, plans, agreed actions and reviews.

use serde::{Deserialize, Serialize};

use crate::words::words;

mod agreement;
mod ratings;

pub use agreement::{NotReady, agreed_on, is_overdue, kind_of, needs, ready};
pub use ratings::{RatingFault, check_rating, missing};

words! {
    /// Where a self-assessment stands.
    SelfAssessmentState {
        /// Still being written.
        Draft,
        /// Every theme is rated and it was handed in.
        Completed,
    }
    /// The kinds of plan.
    PlanKind {
        /// The partner's own action plan.
        Action,
        /// The improvement plan, written together with the lead in place of an action plan.
        Improvement,
    }
    /// Where a plan stands.
    PlanState {
        /// Being written.
        Draft,
        /// Agreed by everyone who has to.
        Agreed,
        /// A later version took its place.
        Superseded,
    }
    /// Where an objective stands.
    ObjectiveState {
        /// Being worked towards.
        Open,
        /// Reached.
        Achieved,
        /// Given up.
        Dropped,
    }
    /// Where an agreed action stands.
    ActionState {
        /// To be done.
        Open,
        /// Done.
        Done,
        /// No longer to be done.
        Dropped,
    }
    /// The kinds of review.
    ReviewKind {
        /// Progress on the plan since the last visit.
        Progress,
        /// The review that ends the programme for a partner.
        Final,
    }
}

/// A theme of a self-assessment framework, as data of a programme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// Stable key within the framework.
    pub key: String,
    /// Name.
    pub title: String,
    /// What to think about.
    pub prompt: String,
    /// The levels, the lowest first; level 1 is the first.
    pub levels: Vec<Level>,
}

/// A level of a theme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Name, such as `Developing`.
    pub title: String,
    /// How one recognises it.
    pub description: String,
}
