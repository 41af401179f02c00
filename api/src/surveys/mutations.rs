//! What can be done to survey campaigns.

use async_graphql::{Context, ID, InputObject, Object};
use entity::messages::bulletins::not_as_shown;
use entity::outcome::StoreError;
use entity::surveys::campaigns::{self, CampaignEdit, CampaignWish, GroupWish};
use entity::surveys::{
    closing, launching, results, survey_campaign, survey_code, survey_invitation, taking_part,
};
use rules::messages::bulletin::Audience;
use rules::messages::preview::{Preview, Sending, check};
use rules::surveys::{RespondentGroup, SurveyWave};
use sea_orm::DatabaseTransaction;

use crate::act::{Acting, Answered, Date, fault, payloads, row};
use crate::messages::telling::link_secret;
use crate::read::registry::Shown;

payloads! {
    "What became of a survey campaign."
    SurveyCampaignPayload {
        /// The campaign as it stands now; null if nothing was done.
        campaign: survey_campaign as "SurveyCampaign"
    }
    "What became of a group's code."
    SurveyCodePayload {
        /// The code that works now; null if nothing was done.
        code: survey_code as "SurveyCode"
    }
    "What became of an invitation."
    SurveyInvitationPayload {
        /// The invitation as it stands now; null if nothing was done.
        invitation: survey_invitation as "SurveyInvitation"
    }
}

/// Which group is asked what.
#[derive(InputObject)]
pub struct SurveyCampaignGroupInput {
    /// Who answers.
    respondent_group: Shown<RespondentGroup>,
    /// What is asked; it has to be for this group.
    questionnaire_id: ID,
    /// Whether known contacts get links of their own; for leaders and staff.
    #[graphql(default)]
    by_personal_link: bool,
}

/// A campaign to be prepared.
#[derive(InputObject)]
pub struct SurveyCampaignCreateInput {
    /// The programme.
    programme_id: ID,
    /// A key of its own within the programme: lower-case letters, digits and hyphens.
    key: String,
    /// Title, shown to respondents.
    title: String,
    /// Which round it is.
    wave: Shown<SurveyWave>,
    /// The cohort asked; needed unless it is about an event.
    cohort_id: Option<ID>,
    /// The pathway asked; all when left out.
    pathway_id: Option<ID>,
    /// The commitment of that pathway that answering meets.
    commitment_id: Option<ID>,
    /// The event it asks about, for the wave `EVENT_FEEDBACK`: those who took part are asked.
    event_id: Option<ID>,
    /// First day, in London.
    opens_on: Date,
    /// Last day, in London.
    closes_on: Date,
    /// So many answers in each group of a school meet its commitment.
    #[graphql(default = 1)]
    enough_responses: i32,
    /// Working days before the close, by each school's own calendar, on which schools without enough
    /// answers are reminded.
    #[graphql(default)]
    remind_days: Vec<i32>,
    /// Who is asked what.
    groups: Vec<SurveyCampaignGroupInput>,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// What to change of a campaign; what is left out stays. Once it was launched only its title, last
/// day and reminders can change.
#[derive(InputObject)]
pub struct SurveyCampaignEditInput {
    /// The campaign.
    campaign_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    expected_version: Option<i32>,
    /// Another title.
    title: Option<String>,
    /// Another first day; before the launch.
    opens_on: Option<Date>,
    /// Another last day.
    closes_on: Option<Date>,
    /// Another number of answers that is enough; before the launch.
    enough_responses: Option<i32>,
    /// Other reminders.
    remind_days: Option<Vec<i32>>,
    /// Other groups, all of them; before the launch.
    groups: Option<Vec<SurveyCampaignGroupInput>>,
}

/// Which campaign to take a step on.
#[derive(InputObject)]
pub struct SurveyCampaignStepInput {
    /// The campaign.
    campaign_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    expected_version: Option<i32>,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// Which campaign to launch.
#[derive(InputObject)]
pub struct SurveyCampaignLaunchInput {
    /// The campaign.
    campaign_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    expected_version: Option<i32>,
    /// The token of `surveyCampaignPreview`: if the launch would not write to exactly those whom that
    /// showed, or the campaign was changed since, nothing is done, and `CONFLICT` says what differs.
    preview_token: String,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// Which group of which school gets another code.
#[derive(InputObject)]
pub struct SurveyCodeRotateInput {
    /// The invitation of the group.
    invitation_id: ID,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// How many answers a school expects of a group.
#[derive(InputObject)]
pub struct SurveyExpectInput {
    /// The invitation of the group.
    invitation_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    expected_version: Option<i32>,
    /// How many; left out or null when the school no longer says.
    expected: Option<i32>,
}

/// Mutations of this area.
#[derive(Debug, Default)]
pub struct SurveyMutations;

#[Object]
impl SurveyMutations {
    /// Prepares a survey campaign; nobody is invited yet. For programme admins, and for feedback on
    /// a hub's own event its lead.
    async fn survey_campaign_create(
        &self,
        context: &Context<'_>,
        input: SurveyCampaignCreateInput,
    ) -> Answered<SurveyCampaignPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, create(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Changes a survey campaign. For whoever may prepare it.
    async fn survey_campaign_edit(
        &self,
        context: &Context<'_>,
        input: SurveyCampaignEditInput,
    ) -> Answered<SurveyCampaignPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, edit(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Opens a survey campaign: invites every school asked, and puts their letters into the outbox, to
    /// exactly those whom `surveyCampaignPreview` showed. Launched before its day it opens today: its
    /// `opensOn` becomes today, as the preview's `notice` says. For whoever may prepare it.
    async fn survey_campaign_launch(
        &self,
        context: &Context<'_>,
        input: SurveyCampaignLaunchInput,
    ) -> Answered<SurveyCampaignPayload> {
        let acting = Acting::of(context)?;
        let secret = link_secret(&acting.app).await.map_err(|error| fault(&error))?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, launch(&txn, acting, &input, secret.as_bytes())).await;
        acting.answer(txn, outcome).await
    }

    /// Closes a survey campaign before its day: no more answers are taken, and those not sent are
    /// deleted. For whoever may prepare it.
    async fn survey_campaign_close(
        &self,
        context: &Context<'_>,
        input: SurveyCampaignStepInput,
    ) -> Answered<SurveyCampaignPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, close(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Freezes the results of a closed survey campaign, less what would tell of fewer than ten
    /// people, and shows them. Once only. For whoever may prepare it.
    async fn survey_campaign_publish(
        &self,
        context: &Context<'_>,
        input: SurveyCampaignStepInput,
    ) -> Answered<SurveyCampaignPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, publish(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Gives a group another code; the old one stops working at once, and who began with it may
    /// finish. For the school itself, and programme admins. Offer it beside the code: the letter to
    /// the school says that whoever uses Hubs there can make a new one.
    async fn survey_code_rotate(
        &self,
        context: &Context<'_>,
        input: SurveyCodeRotateInput,
    ) -> Answered<SurveyCodePayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, rotate(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Says how many answers a school expects of a group, so that the response rate means
    /// something. For the school itself, and programme admins.
    async fn survey_expect(
        &self,
        context: &Context<'_>,
        input: SurveyExpectInput,
    ) -> Answered<SurveyInvitationPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, expect(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }
}

/// The row an optional global id names.
fn maybe(of: &str, field: &'static str, id: Option<&ID>) -> Result<Option<uuid::Uuid>, StoreError> {
    id.map(|id| row(of, field, id)).transpose()
}

fn groups(input: &[SurveyCampaignGroupInput]) -> Result<Vec<GroupWish>, StoreError> {
    let wish = |group: &SurveyCampaignGroupInput| {
        Ok(GroupWish {
            group: group.respondent_group.0,
            questionnaire_id: row("Questionnaire", "groups", &group.questionnaire_id)?,
            by_personal_link: group.by_personal_link,
        })
    };
    input.iter().map(wish).collect()
}

/// Numbers below zero become one that is refused.
fn days(input: &[i32]) -> Vec<u32> {
    input.iter().map(|days| u32::try_from(*days).unwrap_or(0)).collect()
}

async fn create(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &SurveyCampaignCreateInput,
) -> Result<survey_campaign::Model, StoreError> {
    let wish = CampaignWish {
        programme_id: row("Programme", "programmeId", &input.programme_id)?,
        key: input.key.clone(),
        title: input.title.clone(),
        wave: input.wave.0,
        cohort_id: maybe("Cohort", "cohortId", input.cohort_id.as_ref())?,
        pathway_id: maybe("Pathway", "pathwayId", input.pathway_id.as_ref())?,
        template_id: maybe("Commitment", "commitmentId", input.commitment_id.as_ref())?,
        event_id: maybe("Event", "eventId", input.event_id.as_ref())?,
        enough_responses: input.enough_responses,
        remind_days: days(&input.remind_days),
        opens_on: input.opens_on.0,
        closes_on: input.closes_on.0,
        groups: groups(&input.groups)?,
    };
    campaigns::create(txn, &acting.scope, acting.now, wish).await
}

async fn edit(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &SurveyCampaignEditInput,
) -> Result<survey_campaign::Model, StoreError> {
    let id = row("SurveyCampaign", "campaignId", &input.campaign_id)?;
    let wish = CampaignEdit {
        title: input.title.clone(),
        closes_on: input.closes_on.map(|day| day.0),
        remind_days: input.remind_days.as_deref().map(days),
        opens_on: input.opens_on.map(|day| day.0),
        enough_responses: input.enough_responses,
        groups: input.groups.as_deref().map(groups).transpose()?,
    };
    let version = input.expected_version;
    campaigns::edit(txn, &acting.scope, acting.now, id, version, wish).await
}

async fn launch(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &SurveyCampaignLaunchInput,
    secret: &[u8],
) -> Result<survey_campaign::Model, StoreError> {
    let id = row("SurveyCampaign", "campaignId", &input.campaign_id)?;
    let (scope, now, version) = (&acting.scope, acting.now, input.expected_version);
    let by = acting.by().unwrap_or_default();
    let sending = Sending::Launch(id);
    let shown = |campaign: &survey_campaign::Model, audience: &Audience| {
        let version = campaign.version.to_string();
        let shown = Preview { sending, words: [&campaign.title, &version], audience };
        check(secret, &input.preview_token, &shown, by, now)
            .map_err(|fault| not_as_shown(fault, sending))
    };
    Ok(launching::launch_as_shown(txn, scope, now, id, version, shown).await?.0)
}

async fn close(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &SurveyCampaignStepInput,
) -> Result<survey_campaign::Model, StoreError> {
    let id = row("SurveyCampaign", "campaignId", &input.campaign_id)?;
    closing::close(txn, &acting.scope, acting.now, id, input.expected_version).await
}

async fn publish(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &SurveyCampaignStepInput,
) -> Result<survey_campaign::Model, StoreError> {
    let id = row("SurveyCampaign", "campaignId", &input.campaign_id)?;
    results::publish(txn, &acting.scope, acting.now, id, input.expected_version).await
}

async fn rotate(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &SurveyCodeRotateInput,
) -> Result<survey_code::Model, StoreError> {
    let id = row("SurveyInvitation", "invitationId", &input.invitation_id)?;
    taking_part::rotate_code(txn, &acting.scope, acting.now, id).await
}

async fn expect(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &SurveyExpectInput,
) -> Result<survey_invitation::Model, StoreError> {
    let id = row("SurveyInvitation", "invitationId", &input.invitation_id)?;
    let (version, expected) = (input.expected_version, input.expected);
    taking_part::expect(txn, &acting.scope, acting.now, id, version, expected).await
}
