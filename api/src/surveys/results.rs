//! Response rates and published results in the graph.

use entity::scope::Scope;
use entity::surveys::{survey_rate, survey_result};
use rules::surveys::{RespondentGroup, ResultLevel};

use super::plain;
use crate::read::map::{
    Type, Vocabulary, any_of, asc, column, desc, objects, one, refers, root, table, word,
};

impl Vocabulary for ResultLevel {
    const NAME: &'static str = "SurveyResultLevel";
    const ABOUT: &'static str = "What a result adds up.";
}

pub(super) fn rate() -> Type {
    use survey_rate::Column as C;
    Type {
        name: "SurveyRate",
        about: "How one group of a hub's partners responds to a campaign, as it stands now.",
        table: table(survey_rate::Entity),
        scope: Scope::survey_rates,
        root: root("surveyRates", "The response rates you may see: those of hubs you answer for."),
        fields: vec![
            word::<RespondentGroup>("respondentGroup", C::RespondentGroup, "Who answers."),
            column("asked", C::Asked, "Schools asked."),
            column("started", C::Started, "Schools from which any answer came."),
            column("enough", C::Enough, "Schools from which enough answers came."),
            column("responses", C::Responses, "Answers."),
            column(
                "expected",
                C::Expected,
                "Answers the schools expect, as far as they said; null if none did.",
            ),
            one("campaign", "SurveyCampaign", C::CampaignId, "The campaign."),
            one("hub", "Hub", C::HubId, "The hub that supports the schools now."),
        ],
        filters: vec![
            refers("campaign", "SurveyCampaign", C::CampaignId, "In this campaign."),
            refers("hub", "Hub", C::HubId, "Of this hub's partners."),
            any_of::<RespondentGroup>(
                "respondentGroup",
                C::RespondentGroup,
                "Of one of these groups.",
            ),
        ],
        orders: vec![asc("ENOUGH", C::Enough), asc("RESPONSES", C::Responses)],
    }
}

pub(super) fn result() -> Type {
    use survey_result::Column as C;
    Type {
        name: "SurveyResult",
        about: "What one group answered, at a school, a hub's partners or all, as frozen when \
                published. Groups are never added together. Where fewer than ten answered, and \
                where that could be worked out from other results, nothing is told.",
        table: table(survey_result::Entity),
        scope: Scope::survey_results,
        root: root(
            "surveyResults",
            "The published results you may see: the whole, your hubs', their partners' on \
             one-to-one support, and your own schools'.",
        ),
        fields: vec![
            word::<ResultLevel>("level", C::Level, "What it adds up."),
            word::<RespondentGroup>("respondentGroup", C::RespondentGroup, "Who answered."),
            column("responses", C::Responses, "How many answered; null where that is not told."),
            objects("tallies", C::Tallies, plain::tally(), "One for each question, in order."),
            column("publishedAt", C::PublishedAt, "When frozen."),
            one("campaign", "SurveyCampaign", C::CampaignId, "The campaign."),
            one("hub", "Hub", C::HubId, "The hub, at the levels SCHOOL and HUB."),
            one("enrolment", "Enrolment", C::EnrolmentId, "The school's, at the level SCHOOL."),
        ],
        filters: vec![
            any_of::<ResultLevel>("level", C::Level, "At one of these levels."),
            any_of::<RespondentGroup>(
                "respondentGroup",
                C::RespondentGroup,
                "Of one of these groups.",
            ),
            refers("campaign", "SurveyCampaign", C::CampaignId, "Of this campaign."),
            refers("hub", "Hub", C::HubId, "Of this hub and its partners."),
            refers("enrolment", "Enrolment", C::EnrolmentId, "Of this school."),
        ],
        orders: vec![desc("PUBLISHED_AT", C::PublishedAt)],
    }
}
