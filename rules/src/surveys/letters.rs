//! Whether a letter about a survey is still worth sending.

use chrono::NaiveDate;

use super::CampaignState;
use crate::enrolments::EnrolmentStatus;
use crate::messages::MessageKind;

/// What a letter hangs on, as things stand.
#[derive(Clone, Copy, Debug)]
pub struct LetterFacts {
    /// What it is for.
    pub kind: MessageKind,
    /// Where the campaign stands.
    pub campaign: CampaignState,
    /// London day at the end of which it closes.
    pub closes_on: NaiveDate,
    /// Today in London.
    pub today: NaiveDate,
    /// Where the school's enrolment stands.
    pub enrolment: EnrolmentStatus,
    /// Whether the school is closed.
    pub school_closed: bool,
    /// Whether the reader still is a contact of the school.
    pub contact: bool,
    /// Whether enough have answered in every group asked by code.
    pub enough: bool,
    /// Whether the reader has answered by the link that the letter is to carry.
    pub answered: bool,
}

/// Why a letter is not wanted any more; nothing when it is.
#[must_use]
pub fn unwanted(facts: &LetterFacts) -> Option<&'static str> {
    if facts.campaign != CampaignState::Open || facts.today > facts.closes_on {
        return Some("The survey is not open.");
    }
    match facts.enrolment {
        EnrolmentStatus::Active => {}
        EnrolmentStatus::Paused => return Some("The enrolment is paused."),
        EnrolmentStatus::Withdrawn | EnrolmentStatus::Completed => {
            return Some("The enrolment has ended.");
        }
    }
    if facts.school_closed {
        return Some("The school is closed.");
    }
    if !facts.contact {
        return Some("Its reader is no longer a contact of the school.");
    }
    match facts.kind {
        MessageKind::SurveyReminder if facts.enough => Some("Enough have answered."),
        MessageKind::SurveyLink if facts.answered => Some("It is answered."),
        _ => None,
    }
}
