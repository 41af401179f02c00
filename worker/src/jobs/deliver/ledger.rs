//! The ledger: where the connections hand in what they begin and what they have ended.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use entity::messages::reminders::CallOff;
use rules::messages::MessageState;
use tokio::sync::{mpsc, oneshot};

use super::Known;
use crate::mail::render::Rendered;

/// Most entries of one commit: what some hundred connections end and begin.
pub(super) const TOGETHER: usize = 256;
/// A message to be handed over.
pub(super) struct Begin {
    pub(super) known: Known,
    pub(super) rendered: Rendered,
    /// What its story says besides.
    pub(super) note: &'static str,
    /// Reminders that are no longer in it.
    pub(super) dropped: CallOff,
}

/// What became of a message.
pub(super) struct Ending {
    pub(super) known: Known,
    pub(super) end: End,
}

/// What became of a message.
pub(super) enum End {
    /// The mail server took it.
    Accepted { detail: String },
    /// It is not sent: where it ends, and the reminders that were no longer in it.
    Stopped { to: MessageState, detail: String, dropped: CallOff },
    /// Its address takes no mail, and is put on the list of those that take none.
    NoAddress { address: String, detail: String, dropped: CallOff },
    /// Its address takes no mail, if others say so too: it is put on that list once mail to it has
    /// been refused for long.
    PerhapsNoAddress { address: String, detail: String },
    /// It was refused for now.
    PutOff { reason: String },
    /// Something of ours went wrong with it, such as a row that it is about and that cannot be read.
    Faulty { problem: String },
    /// Its hand-over could not be written down, so that nothing was handed over.
    NotBegun,
    /// It was not begun; anybody may take it, from that moment on if there is one.
    GivenBack { from: Option<DateTime<Utc>>, detail: Cow<'static, str> },
    /// Nobody can say whether it arrived.
    CutOff,
}

impl End {
    /// What became of it, in a word.
    pub(super) fn in_a_word(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Stopped { to, .. } => to.into(),
            Self::NoAddress { .. } | Self::PerhapsNoAddress { .. } => "no_address",
            Self::PutOff { .. } => "put_off",
            Self::NotBegun => "not_begun",
            Self::Faulty { .. } => "faulty",
            Self::GivenBack { .. } => "given_back",
            Self::CutOff => "cut_off",
        }
    }

    /// It is not sent, after it has been offered.
    pub(super) fn stopped(to: MessageState, detail: String) -> Self {
        Self::Stopped { to, detail, dropped: CallOff::default() }
    }
}

/// A line in the ledger.
pub(super) enum Entry {
    /// Begun; the answer says whether the message is still ours.
    Begin(Box<Begin>, oneshot::Sender<bool>),
    /// Ended.
    End(Box<Ending>),
    /// Something of ours went wrong with a message.
    Failed,
}

/// Where the connections hand in what they begin and end.
pub(super) struct Ledger {
    entries: mpsc::Sender<Entry>,
    busy: Arc<AtomicUsize>,
}

/// Says, as long as it lives, that a connection has a message in hand.
pub(super) struct Busy(Arc<AtomicUsize>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Ledger {
    pub(super) fn new(entries: mpsc::Sender<Entry>, busy: Arc<AtomicUsize>) -> Self {
        Self { entries, busy }
    }

    /// Announces that a connection has a message in hand.
    pub(super) fn busy(&self) -> Busy {
        self.busy.fetch_add(1, Ordering::SeqCst);
        Busy(Arc::clone(&self.busy))
    }

    /// Writes down, durably, that the bytes of a message go out now. False when it is another
    /// worker's by now.
    pub(super) async fn begin(&self, begin: Begin) -> Result<bool, oneshot::error::RecvError> {
        let (answer, answered) = oneshot::channel();
        // Without anybody who writes, nobody answers either.
        let _ = self.entries.send(Entry::Begin(Box::new(begin), answer)).await;
        answered.await
    }

    /// Hands in what became of a message. It is written down with what is begun next, or at once if
    /// nothing is.
    pub(super) async fn end(&self, ending: Ending) {
        let _ = self.entries.send(Entry::End(Box::new(ending))).await;
    }

    /// Counts a message that something of ours went wrong with.
    pub(super) async fn failed(&self) {
        let _ = self.entries.send(Entry::Failed).await;
    }
}
