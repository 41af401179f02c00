//! Whether a letter about a survey is still wanted, asked when it is sent.

use chrono::{DateTime, Utc};
use rules::messages::MessageKind;
use rules::surveys::campaign::takes_answers;

use super::campaigns;
use super::letters::{Asking, Place};
use crate::outcome::StoreError;

/// Why a letter is no longer wanted, in a sentence; nothing, when it is.
///
/// # Errors
/// A row this version cannot read.
pub(super) fn unwanted(
    place: &Place<'_>,
    now: DateTime<Utc>,
    asking: &Asking,
) -> Result<Option<&'static str>, StoreError> {
    let Place { campaign, enrolment, .. } = place;
    if place.personal.is_some_and(|row| row.answered_on.is_some()) {
        return Ok(Some("They have answered."));
    }
    if !takes_answers(campaigns::state(campaign)?, campaign.closes_on, now) {
        return Ok(Some("The survey is closed."));
    }
    if enrolment.status != "active" {
        return Ok(Some("The school does not take part at present."));
    }
    if !place.is_contact {
        return Ok(Some("They are no longer a contact of the school."));
    }
    let all_have_enough = || place.asked.iter().all(|row| row.enough_on.is_some());
    if asking.kind == MessageKind::SurveyReminder && all_have_enough() {
        return Ok(Some("Enough answers have come in."));
    }
    Ok(None)
}
