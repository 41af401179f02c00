//! What a simulation tells: the mails that would go out and the alerts that would rise and clear, day
//! by day.

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

/// Rises when the shape of the report changes in a way that breaks its readers.
pub const VERSION: u32 = 1;

/// What would happen. As JSON it is the report's file; all times are London's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Version of this shape.
    pub version: u32,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// What is paused in the original, in a sentence each: the report tells what would happen if
    /// nothing were.
    pub paused: Vec<String>,
    /// The days on which something would happen, in order.
    pub days: Vec<Day>,
}

/// What would happen on one day, each list in the order of its times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The day.
    pub day: NaiveDate,
    /// Mails that would go out.
    pub mails: Vec<Mail>,
    /// Mails that would be written and then not go out.
    pub not_sent: Vec<NotSent>,
    /// Alerts that would change.
    pub alerts: Vec<Alert>,
}

/// Somebody or something, by id and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Named {
    /// Row id.
    pub id: Uuid,
    /// Name.
    pub name: String,
}

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// When, as `08:00`.
    pub at: String,
    /// Kind of message: a word of `rules::messages::MessageKind`.
    pub kind: String,
    /// To whom.
    pub to: Named,
    /// Its subject.
    pub subject: String,
    /// What it says and why, in a fixed order. A letter that carries no reminders gives its one
    /// reason.
    pub because: Vec<Because>,
}

/// One reason of a mail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Because {
    /// The school or hub that owes it; none in a letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whose: Option<String>,
    /// What is to be done; none in a letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// The obligation it is about; none in a letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obligation_id: Option<Uuid>,
    /// The step of the reminder, as `before_10`; none in a letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Why it goes out now, in a sentence.
    pub reason: String,
}

/// A message that ended otherwise than sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotSent {
    /// When.
    pub at: String,
    /// Kind of message.
    pub kind: String,
    /// For whom it was.
    pub to: Named,
    /// Where it ended: a word of `rules::messages::MessageState`.
    pub state: String,
    /// Why.
    pub reason: String,
}

/// A change of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// When.
    pub at: String,
    /// `raised`, `cleared`, or another step of `rules::engagement::AlertStep`.
    pub change: String,
    /// The alert.
    pub id: Uuid,
    /// Rule that decided it.
    pub rule: String,
    /// `enrolment`, `hub` or `contact`.
    pub subject_kind: String,
    /// Whom it is about: the enrolment, hub or contact by id, the school, hub or person by name.
    pub subject: Named,
    /// What is wrong, as last said.
    pub summary: String,
}
