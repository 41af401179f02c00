//! The life of a message, from decision to outcome.

pub mod answers;
pub mod bulletin;
pub mod critical;
pub mod entry;
pub mod fact;
pub mod feedback;
pub mod hosts;
pub mod notices;
pub mod preview;
pub mod replies;
pub mod report;
pub mod summaries;
pub mod suppression;
pub mod verp;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use strum::VariantArray as _;
use uuid::Uuid;

use crate::words::words;

/// First pause after a failure; it doubles with every further one.
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(1);
/// Longest pause after a failure.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(4);
/// Tries after which a message that cannot be read waits for a person: with the pauses between
/// them half an hour, in which a newer version of the worker may take the place of this one, or
/// whatever changed between two looks be whole.
const TRIES_AT_READING: i32 = 6;

words! {
    /// What a message is about, besides the reminders in it.
    About {
        /// A survey at one school: `about_id` is a row of `survey_invitation`, and the letter speaks
        /// of all groups of its school in its campaign.
        SurveyInvitation,
        /// A contact's own link to a survey: `about_id` is the row in `personal_invitation`.
        PersonalInvitation,
        /// A link that signs in: `about_id` is the row in `sign_in_link`.
        SignInLink,
        /// A visit.
        Visit,
        /// A booking.
        Booking,
        /// All that concerns the reader: `about_id` is the person.
        Reader,
        /// A message to a hub's partners: `about_id` is the row in `bulletin`.
        Bulletin,
        /// An alert: `about_id` is the row in `engagement_alert`.
        Alert,
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
    /// A link that signs its reader in, once.
    SignInLink,
    /// One side named a time for a visit; the other is asked to agree.
    VisitProposed,
    /// Both sides have agreed to a visit; with its calendar entry.
    VisitAgreed,
    /// Another time was named for a visit; the other side is asked to agree.
    VisitMoved,
    /// A visit does not take place.
    VisitCancelled,
    /// Places at an event are booked: how to join, with its calendar entry.
    EventBooked,
    /// There were not enough places at an event: the school is on its waiting list.
    EventWaiting,
    /// Places at an event came free for a school on its waiting list; with the calendar entry.
    EventPlace,
    /// A booking was given up.
    BookingCancelled,
    /// An event that places are booked at takes place at another time.
    EventMoved,
    /// An event that places are booked at does not take place.
    EventCancelled,
    /// Where an event is, or how to join it, has changed.
    JoiningChanged,
    /// A hub lead's week: what is ahead in two weeks, partners falling behind, surveys open. Sent
    /// on the first working day of the week to those who want it.
    HubWeek,
    /// A programme admin's day: alerts that are new, came back or were resolved since the last such
    /// mail. Sent on working days to those who want it, and only when there is something to say.
    AlertDigest,
    /// What somebody who answers for a hub writes to its partners. Not a duty.
    Bulletin,
    /// An alert by a rule that the programme calls critical, told at once to who runs the hub and to
    /// programme admins, unless somebody has it already.
    CriticalAlert,
}

impl MessageKind {
    /// Whether its reader may say that they do not want it. All others tell of duties, or of what
    /// the reader arranged or asked for.
    #[must_use]
    pub fn is_optional(self) -> bool {
        matches!(self, Self::HubWeek | Self::AlertDigest | Self::Bulletin)
    }

    /// Whether it is one of the letters about surveys.
    #[must_use]
    pub fn is_about_surveys(self) -> bool {
        matches!(self, Self::SurveyInvitation | Self::SurveyLink | Self::SurveyReminder)
    }

    /// Whether it waits for its reader's hour, outside quiet hours and on a working day. All others
    /// are sent at once.
    #[must_use]
    pub fn is_routine(self) -> bool {
        self.is_optional() || matches!(self, Self::Digest | Self::SurveyReminder)
    }

    /// The kinds that somebody may say they do not want.
    pub fn optional() -> impl Iterator<Item = Self> {
        Self::VARIANTS.iter().copied().filter(|kind| kind.is_optional())
    }
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
    /// Waits for a person: uncertain twice, or it cannot be read.
    Held,
    /// Returned by the recipient's mail system.
    Bounced,
    /// Marked as unwanted by the recipient.
    Complained,
    /// No longer wanted: what it was about was done, moved or ended first, or a person let it be that
    /// was held.
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
/// only once more is for the caller to count, and whether a leased one was uncertain before: only then
/// does it go back there, put off or given back. One that nobody knew to have been taken is known to be
/// when a report about it comes back, whoever holds it, or when a person says so; only a person lets one
/// be.
#[must_use]
pub fn may_become(from: MessageState, to: MessageState) -> bool {
    use MessageState::{
        Accepted, Bounced, Cancelled, Complained, Deferred, Expired, Handoff, Held, Leased,
        Pending, Rejected, Suppressed, Uncertain,
    };
    match from {
        Pending => matches!(to, Leased | Cancelled | Suppressed | Expired),
        // Back to pending: a worker that stops gives back what it had not begun. Held: nobody can read
        // it.
        Leased => matches!(
            to,
            Leased
                | Pending
                | Handoff
                | Deferred
                | Uncertain
                | Accepted
                | Rejected
                | Held
                | Cancelled
                | Suppressed
                | Expired
        ),
        Deferred => matches!(to, Leased | Cancelled | Suppressed | Expired),
        // A server may refuse after it has read the body; that too is its word.
        Handoff => matches!(to, Accepted | Uncertain | Deferred | Rejected),
        Uncertain => matches!(to, Leased | Held | Accepted),
        // What only a person can say.
        Held => matches!(to, Accepted | Cancelled),
        Accepted => matches!(to, Bounced | Complained),
        Rejected | Bounced | Complained | Cancelled | Suppressed | Expired => false,
    }
}

/// How long to wait before a message that could not be handed over is tried again, after so many
/// `attempts` (at least 1): a minute, doubled each time up to four hours, and up to a quarter more
/// by its id, so that messages put off together do not come back together.
#[must_use]
pub fn pause_after(attempts: i32, message: Uuid) -> TimeDelta {
    let doubled = 1_i32 << attempts.saturating_sub(1).clamp(0, 10);
    let pause = (FIRST_PAUSE * doubled).min(LONGEST_PAUSE);
    let part = i64::from(message.as_bytes()[15]);
    // Whole milliseconds, which either database keeps.
    pause + TimeDelta::milliseconds(pause.num_milliseconds() / 4 * part / 255)
}

/// The end of a sentence for the story of a message that was put off, in whole minutes.
#[must_use]
pub fn again_in(pause: TimeDelta) -> String {
    let minutes = pause.num_minutes();
    format!("Again in {minutes} {}.", if minutes == 1 { "minute" } else { "minutes" })
}

/// Where a message goes that could not be read or written for the `tries`th time (at least 1): deferred,
/// and in the end held.
#[must_use]
pub fn after_fault(tries: i32) -> MessageState {
    if tries < TRIES_AT_READING { MessageState::Deferred } else { MessageState::Held }
}

/// What tells the bytes of a mail from all others: their SHA-256, hexadecimal.
#[must_use]
pub fn fingerprint(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
