//! Mail lanes: kinds of mail that are paused and looked after together.

use strum::VariantArray as _;

use crate::messages::{MessageKind, MessageState};
use crate::reminders::ReminderState;
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

impl MailLane {
    /// The kinds of mail that travel in it.
    pub fn kinds(self) -> impl Iterator<Item = MessageKind> {
        MessageKind::VARIANTS.iter().copied().filter(move |kind| lane_of(*kind) == self)
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

words! {
    /// What a person says of a message of which nobody knew whether it arrived.
    Settlement {
        /// It did arrive: it counts as accepted, and the reminders in it as sent.
        Arrived,
        /// It is let be: it may have arrived, and is not sent again. It counts as cancelled, and the
        /// reminders in it as expired.
        LetBe,
    }
}

impl Settlement {
    /// Where the message goes.
    #[must_use]
    pub fn state(self) -> MessageState {
        match self {
            Self::Arrived => MessageState::Accepted,
            Self::LetBe => MessageState::Cancelled,
        }
    }

    /// Where the reminders that it carries go: what may have arrived is not said twice.
    #[must_use]
    pub fn reminders(self) -> ReminderState {
        match self {
            Self::Arrived => ReminderState::Sent,
            Self::LetBe => ReminderState::Expired,
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

    use super::*;
    use crate::messages::may_become;

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

    #[test]
    fn what_is_settled_is_held_no_more_and_ends_for_good() {
        for settlement in Settlement::VARIANTS {
            let state = settlement.state();
            assert!(may_become(MessageState::Held, state), "{settlement:?}");
            assert!(state.is_an_end() && !may_be_replayed(state), "{settlement:?}");
        }
    }
}
