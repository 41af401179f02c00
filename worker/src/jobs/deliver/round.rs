//! What became of the messages of one run.

use rules::messages::MessageState;

use crate::pass::Done;

/// What became of the messages of one run.
#[derive(Debug, Default)]
pub(super) struct Round {
    accepted: usize,
    deferred: usize,
    stopped: usize,
    uncertain: usize,
    /// Those that something of ours went wrong with.
    pub(super) failed: usize,
    /// Whether there may be more to deliver.
    pub(super) more: bool,
}

impl Round {
    /// One more that went to this state.
    pub(super) fn add(&mut self, state: MessageState) {
        match state {
            MessageState::Accepted => self.accepted += 1,
            MessageState::Deferred | MessageState::Pending => self.deferred += 1,
            MessageState::Uncertain | MessageState::Held => self.uncertain += 1,
            _ => self.stopped += 1,
        }
    }

    /// In words.
    pub(super) fn done(&self) -> Done {
        let done = Done::counts(&[
            (self.accepted, "message delivered", "messages delivered"),
            (self.deferred, "message put off", "messages put off"),
            (self.stopped, "message not sent after all", "messages not sent after all"),
            (self.uncertain, "message in doubt", "messages in doubt"),
            (self.failed, "message failed", "messages failed"),
        ]);
        Done { more: self.more, ..done }
    }
}
