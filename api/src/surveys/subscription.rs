//! Survey campaigns as they are answered.

use entity::surveys::survey_invitation::Column as C;
use sea_orm::IdenStatic as _;

use crate::read::feed::Feed;

/// The feeds of this area.
#[must_use]
pub fn feeds() -> Vec<Feed> {
    vec![Feed {
        name: "campaignProgress",
        about: "More people of a school's group you may see have answered a survey. It is told at \
                each full hour, of all answers of that hour together, so that following a campaign \
                tells the moment of no answer.",
        change: "CampaignProgress",
        node: "invitation",
        of: "SurveyInvitation",
        changed_at: C::ToldAt.as_str(),
        ahead: true,
        mark: C::Responses.as_str(),
        by: &["campaign", "hub", "enrolment"],
        gone: None,
    }]
}
