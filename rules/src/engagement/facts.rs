//! What the rules look at: one enrolment, or one hub, with everything it promised and did.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::AlertSubject;
use crate::calendar::Calendar;
use crate::commitments::{CommitmentKind, ObligationState, TermFacts};
use crate::events::{AttendanceMode, BookingState};
use crate::people::ContactRole;
use crate::surveys::RespondentGroup;
use crate::visits::{Party, VisitKind, VisitState};

/// What the rules look at: one enrolment, or one hub. What the other kind has is left empty.
#[derive(Clone, Debug)]
pub struct EngagementFacts {
    /// Which of the two.
    pub subject: AlertSubject,
    /// Whether it is in a state to be flagged: active, its school open and not about to become
    /// another.
    pub live: bool,
    /// First day of the enrolment or hub.
    pub joined_on: NaiveDate,
    /// Working days of the school, or of the lead's.
    pub calendar: Calendar,
    /// The terms it takes part in: those of its cohort, a hub's those of every cohort.
    pub terms: Vec<SubjectTerm>,
    /// What it owes, less what was cancelled.
    pub obligations: Vec<ObligationEvidence>,
    /// Visits to or by the partner.
    pub visits: Vec<VisitFacts>,
    /// Open days the partner was invited to, or the hub's own: published and not cancelled.
    pub open_days: Vec<OpenDayFacts>,
    /// Groups of the partner's school that are asked in a survey that is open.
    pub surveys: Vec<SurveyFacts>,
    /// Contacts of the partner who are in their role.
    pub contacts: Vec<ContactFacts>,
    /// Running partners of the hub.
    pub partners: Vec<PartnerFacts>,
    /// Fewest partners the hub should support.
    pub fewest_partners: Option<u32>,
    /// Most partners the hub can support.
    pub most_partners: Option<u32>,
}

impl EngagementFacts {
    /// Facts of a subject with nothing to tell, to be filled in.
    #[must_use]
    pub fn new(subject: AlertSubject, joined_on: NaiveDate, calendar: Calendar) -> Self {
        Self {
            subject,
            live: true,
            joined_on,
            calendar,
            terms: Vec::new(),
            obligations: Vec::new(),
            visits: Vec::new(),
            open_days: Vec::new(),
            surveys: Vec::new(),
            contacts: Vec::new(),
            partners: Vec::new(),
            fewest_partners: None,
            most_partners: None,
        }
    }
}

/// A term of a subject's cohort.
#[derive(Clone, Debug, PartialEq)]
pub struct SubjectTerm {
    /// How alerts about it name it: `term-1`; for a hub with the cohort's key before it.
    pub period: String,
    /// Its name, such as `Autumn 2026`.
    pub name: String,
    /// The cohort.
    pub cohort_id: Uuid,
    /// First day on which the subject had to do with this cohort.
    pub joined_on: NaiveDate,
    /// The term.
    pub term: TermFacts,
}

/// An obligation as a rule sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ObligationEvidence {
    /// Its id.
    pub id: Uuid,
    /// Kind of commitment.
    pub kind: CommitmentKind,
    /// The commitment it comes from.
    pub template_id: Uuid,
    /// Its term.
    pub term_id: Option<Uuid>,
    /// What is to be done.
    pub title: String,
    /// Where it stands.
    pub state: ObligationState,
    /// Whether a person recorded it, and no visit or other deed did.
    pub by_hand: bool,
    /// Local day by the end of which it is due.
    pub due_on: NaiveDate,
    /// Support time it stands for, in half days.
    pub half_days: i32,
}

/// A visit as a rule sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct VisitFacts {
    /// Its id.
    pub id: Uuid,
    /// Its kind.
    pub kind: VisitKind,
    /// Where it stands.
    pub state: VisitState,
    /// London day on which it took, or was to take, place.
    pub on: NaiveDate,
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// Support time used, once recorded, else planned; in half days.
    pub half_days: i32,
    /// Whose proposal stands.
    pub proposed_by: Party,
    /// When it was written down last: while it is a proposal, since when the other side can answer.
    pub changed_at: DateTime<Utc>,
    /// Who cancelled it.
    pub cancelled_by: Option<Party>,
}

/// An open day as a rule sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenDayFacts {
    /// Id of the event.
    pub id: Uuid,
    /// The cohort it is for; every one, when empty.
    pub cohort_id: Option<Uuid>,
    /// Title.
    pub title: String,
    /// London day.
    pub on: NaiveDate,
    /// How the partner's booking stands, if it made one.
    pub booking: Option<BookingState>,
    /// What is known of the partner there.
    pub attendance: Option<AttendanceMode>,
}

/// A group of a school, asked in an open survey.
#[derive(Clone, Debug, PartialEq)]
pub struct SurveyFacts {
    /// Id of the invitation.
    pub invitation_id: Uuid,
    /// Id of the campaign.
    pub campaign_id: Uuid,
    /// The commitment that answering meets.
    pub template_id: Option<Uuid>,
    /// Title of the campaign.
    pub title: String,
    /// Who is asked.
    pub group: RespondentGroup,
    /// London day on which it opens.
    pub opens_on: NaiveDate,
    /// London day at the end of which it closes.
    pub closes_on: NaiveDate,
    /// How many the school expects to answer, if it said so.
    pub expected: Option<u32>,
    /// How many have answered.
    pub responses: u32,
}

/// A contact who is in their role now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactFacts {
    /// Their role.
    pub role: ContactRole,
    /// Whether mail to them is believed to arrive.
    pub reachable: bool,
}

/// A running partner of a hub.
#[derive(Clone, Debug)]
pub struct PartnerFacts {
    /// Its enrolment.
    pub enrolment_id: Uuid,
    /// Name of the school or trust.
    pub name: String,
    /// Its cohort.
    pub cohort_id: Uuid,
    /// As [`EngagementFacts::live`].
    pub live: bool,
    /// First day of the enrolment.
    pub joined_on: NaiveDate,
    /// Working days of the school.
    pub calendar: Calendar,
    /// Its support-days obligations, less what was cancelled.
    pub support_days: Vec<ObligationEvidence>,
    /// Its visits.
    pub visits: Vec<VisitFacts>,
}
