//! Mail lanes: kinds of mail that are paused and looked after together.

use crate::messages::{MessageKind, MessageState};
use crate::words::words;

words! {
    /// A lane of mail.
    MailLane {
        /// Letters that cannot wait, each its own mail: links that sign in, whatever is arranged or
        /// called off with somebody, and critical alerts.
        Immediate,
        /// What goes out once a day or a week, such as the digest.
        Routine,
        /// Everything about surveys.
        Survey,
    }
}

/// The lane that mail of a kind travels in.
#[must_use]
pub fn lane_of(kind: MessageKind) -> MailLane {
    match kind {
        MessageKind::SignInLink
        | MessageKind::VisitProposed
        | MessageKind::VisitAgreed
        | MessageKind::VisitMoved
        | MessageKind::VisitCancelled
        | MessageKind::EventBooked
        | MessageKind::EventWaiting
        | MessageKind::EventPlace
        | MessageKind::BookingCancelled
        | MessageKind::EventMoved
        | MessageKind::EventCancelled
        | MessageKind::JoiningChanged
        | MessageKind::CriticalAlert => MailLane::Immediate,
        MessageKind::Digest
        | MessageKind::HubWeek
        | MessageKind::AlertDigest
        | MessageKind::Bulletin => MailLane::Routine,
        MessageKind::SurveyInvitation | MessageKind::SurveyLink | MessageKind::SurveyReminder => {
            MailLane::Survey
        }
    }
}

/// Whether a person may have a message that ended so sent anew: it did not arrive, or nobody can
/// say that it did.
#[must_use]
pub fn may_be_replayed(state: MessageState) -> bool {
    matches!(state, MessageState::Rejected | MessageState::Held | MessageState::Expired)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn every_lane_has_its_kinds() {
        let used: BTreeSet<_> = MessageKind::VARIANTS.iter().copied().map(lane_of).collect();
        assert_eq!(used, MailLane::VARIANTS.iter().copied().collect());
    }

    #[test]
    fn only_what_ended_and_may_not_have_arrived_is_sent_anew() {
        let may = MessageState::VARIANTS.iter().copied().filter(|it| may_be_replayed(*it));
        let may: Vec<_> = may.collect();
        assert_eq!(may, [MessageState::Rejected, MessageState::Held, MessageState::Expired]);
        assert!(may.iter().all(|state| state.is_an_end()));
    }
}
