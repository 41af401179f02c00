//! Steps as text.

use std::fmt;
use std::str::FromStr;

use super::Step;

/// A text that names no step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no reminder step: those are before_<days>, after_<days>, escalate_hub and \
     escalate_programme"
)]
pub struct UnknownStep(pub String);

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before(days) => write!(formatter, "before_{days}"),
            Self::After(days) => write!(formatter, "after_{days}"),
            Self::EscalateToHub => formatter.write_str("escalate_hub"),
            Self::EscalateToProgramme => formatter.write_str("escalate_programme"),
        }
    }
}

impl FromStr for Step {
    type Err = UnknownStep;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let step = match text.split_once('_') {
            Some(("before", days)) => days.parse().ok().map(Self::Before),
            Some(("after", days)) => days.parse().ok().map(Self::After),
            Some(("escalate", "hub")) => Some(Self::EscalateToHub),
            Some(("escalate", "programme")) => Some(Self::EscalateToProgramme),
            _ => None,
        };
        // Written back it must be the same text: `before_+3` and `before_03` name no step.
        step.filter(|step| step.to_string() == text).ok_or_else(|| UnknownStep(text.to_owned()))
    }
}
