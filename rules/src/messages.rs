//! The life of a message, from decision to outcome.

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// What a message is about, besides the reminders in it.
    About {
        /// A survey at one school: `about_id` is a row of `survey_invitation`, and the letter speaks
        /// of all groups of its school in its campaign.
        SurveyInvitation,
        /// A contact's own link to a survey: `about_id` is the row in `personal_invitation`.
        PersonalInvitation,
        /// A visit.
        Visit,
        /// A booking.
        Booking,
    }
}

/// What a message is for; one template folder each.
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
pub enum MessageKind {
    /// The day's reminders of one person, across all their schools and roles.
    Digest,
    /// A survey opens: what to do, and the codes of the school's groups.
    SurveyInvitation,
    /// A contact's own link to a survey.
    SurveyLink,
    /// Too few have answered a survey, and it closes soon.
    SurveyReminder,
}

/// Where a message stands.
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
pub enum MessageState {
    /// Decided, waiting for its hour and a worker.
    Pending,
    /// A worker holds it and may still stop.
    Leased,
    /// Its bytes are being handed over: from here on only the mail server knows.
    Handoff,
    /// The mail server took it; that is not yet delivery.
    Accepted,
    /// Refused for now; will be tried again.
    Deferred,
    /// Refused for good.
    Rejected,
    /// The hand-over was cut off; it may or may not have arrived.
    Uncertain,
    /// Uncertain twice: waits for a person.
    Held,
    /// Returned by the recipient's mail system.
    Bounced,
    /// Marked as unwanted by the recipient.
    Complained,
    /// No longer wanted: what it was about was done, moved or ended first.
    Cancelled,
    /// The address takes no mail.
    Suppressed,
    /// Its time passed before it could go.
    Expired,
}

impl MessageState {
    /// Whether a message stays there, unless the recipient's mail system has the last word.
    #[must_use]
    pub fn is_an_end(self) -> bool {
        use MessageState::{
            Accepted, Bounced, Cancelled, Complained, Expired, Held, Rejected, Suppressed,
        };
        matches!(
            self,
            Accepted | Bounced | Cancelled | Complained | Expired | Held | Rejected | Suppressed
        )
    }
}

/// Whether a message may go from one state to another. Once its bytes are being handed over only
/// the mail server's word counts: it can no longer be cancelled, suppressed or expire. `Leased` to
/// `Leased` is another worker taking over an expired lease. That an uncertain message is leased
/// only once more is for the caller to count.
#[must_use]
pub fn may_become(from: MessageState, to: MessageState) -> bool {
    use MessageState::{
        Accepted, Bounced, Cancelled, Complained, Deferred, Expired, Handoff, Held, Leased,
        Pending, Rejected, Suppressed, Uncertain,
    };
    match from {
        Pending => matches!(to, Leased | Cancelled | Suppressed | Expired),
        Leased => {
            matches!(to, Leased | Handoff | Deferred | Rejected | Cancelled | Suppressed | Expired)
        }
        Deferred => matches!(to, Leased | Cancelled | Suppressed | Expired),
        // A server may refuse after it has read the body; that too is its word.
        Handoff => matches!(to, Accepted | Uncertain | Deferred | Rejected),
        Uncertain => matches!(to, Leased | Held),
        Accepted => matches!(to, Bounced | Complained),
        Rejected | Held | Bounced | Complained | Cancelled | Suppressed | Expired => false,
    }
}
