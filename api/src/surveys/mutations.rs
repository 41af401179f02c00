//! What can be done to survey campaigns.

use async_graphql::{Context, ID, Object};
use entity::messages::bulletins::not_as_shown;
use entity::outcome::StoreError;
use entity::surveys::campaigns::{self, CampaignEdit, CampaignWish, GroupWish};
use entity::surveys::{
    closing, launching, results, survey_campaign, survey_code, survey_invitation, taking_part,
};
use rules::messages::bulletin::Audience;
use rules::messages::preview::{Preview, Sending, check};
use sea_orm::DatabaseTransaction;

use super::inputs::{
    SurveyCampaignCreateInput, SurveyCampaignEditInput, SurveyCampaignGroupInput,
    SurveyCampaignLaunchInput, SurveyCampaignStepInput, SurveyCodeRotateInput, SurveyExpectInput,
};
use crate::act::{Acting, Answered, fault, payloads, row};
use crate::messages::telling::link_secret;

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
