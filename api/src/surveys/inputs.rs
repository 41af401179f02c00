//! What the mutations of surveys take.

use async_graphql::{ID, InputObject};
use rules::surveys::{RespondentGroup, SurveyWave};

use crate::act::Date;
use crate::read::registry::Shown;

/// Which group is asked what.
#[derive(InputObject)]
pub struct SurveyCampaignGroupInput {
    /// Who answers.
    pub(super) respondent_group: Shown<RespondentGroup>,
    /// What is asked; it has to be for this group.
    pub(super) questionnaire_id: ID,
    /// Whether known contacts get links of their own; for leaders and staff.
    #[graphql(default)]
    pub(super) by_personal_link: bool,
}

/// A campaign to be prepared.
#[derive(InputObject)]
pub struct SurveyCampaignCreateInput {
    /// The programme.
    pub(super) programme_id: ID,
    /// A key of its own within the programme: lower-case letters, digits and hyphens.
    pub(super) key: String,
    /// Title, shown to respondents.
    pub(super) title: String,
    /// Which round it is.
    pub(super) wave: Shown<SurveyWave>,
    /// The cohort asked; needed unless it is about an event.
    pub(super) cohort_id: Option<ID>,
    /// The pathway asked; all when left out.
    pub(super) pathway_id: Option<ID>,
    /// The commitment of that pathway that answering meets.
    pub(super) commitment_id: Option<ID>,
    /// The event it asks about, for the wave `EVENT_FEEDBACK`: those who took part are asked.
    pub(super) event_id: Option<ID>,
    /// First day, in London.
    pub(super) opens_on: Date,
    /// Last day, in London.
    pub(super) closes_on: Date,
    /// So many answers in each group of a school meet its commitment.
    #[graphql(default = 1)]
    pub(super) enough_responses: i32,
    /// Working days before the close, by each school's own calendar, on which schools without enough
    /// answers are reminded.
    #[graphql(default)]
    pub(super) remind_days: Vec<i32>,
    /// Who is asked what.
    pub(super) groups: Vec<SurveyCampaignGroupInput>,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// What to change of a campaign; what is left out stays. Once it was launched only its title, last
/// day and reminders can change.
#[derive(InputObject)]
pub struct SurveyCampaignEditInput {
    /// The campaign.
    pub(super) campaign_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub(super) expected_version: Option<i32>,
    /// Another title.
    pub(super) title: Option<String>,
    /// Another first day; before the launch.
    pub(super) opens_on: Option<Date>,
    /// Another last day.
    pub(super) closes_on: Option<Date>,
    /// Another number of answers that is enough; before the launch.
    pub(super) enough_responses: Option<i32>,
    /// Other reminders.
    pub(super) remind_days: Option<Vec<i32>>,
    /// Other groups, all of them; before the launch.
    pub(super) groups: Option<Vec<SurveyCampaignGroupInput>>,
}

/// Which campaign to take a step on.
#[derive(InputObject)]
pub struct SurveyCampaignStepInput {
    /// The campaign.
    pub(super) campaign_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub(super) expected_version: Option<i32>,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// Which campaign to launch.
#[derive(InputObject)]
pub struct SurveyCampaignLaunchInput {
    /// The campaign.
    pub(super) campaign_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub(super) expected_version: Option<i32>,
    /// The token of `surveyCampaignPreview`: if the launch would not write to exactly those whom that
    /// showed, or the campaign was changed since, nothing is done, and `CONFLICT` says what differs.
    pub(super) preview_token: String,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// Which group of which school gets another code.
#[derive(InputObject)]
pub struct SurveyCodeRotateInput {
    /// The invitation of the group.
    pub(super) invitation_id: ID,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// How many answers a school expects of a group.
#[derive(InputObject)]
pub struct SurveyExpectInput {
    /// The invitation of the group.
    pub(super) invitation_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub(super) expected_version: Option<i32>,
    /// How many; left out or null when the school no longer says.
    pub(super) expected: Option<i32>,
}
