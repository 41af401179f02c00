//! Questionnaires, campaigns, invitations and codes in the graph.

use chrono::{DateTime, Utc};
use entity::scope::Scope;
use entity::surveys::{
    campaign_group, personal_invitation, questionnaire, survey_campaign, survey_code,
    survey_invitation, survey_rate, survey_result,
};
use rules::surveys::campaign::takes_answers;
use rules::surveys::{CampaignState, RespondentGroup, SurveyWave};
use sea_orm::DbErr;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SimpleExpr};
use uuid::Uuid;

use super::{plain, results};
use crate::read::map::{
    Cells, Leaf, Scalar, Test, Type, Vocabulary, any_of, asc, column, contains, derived, desc,
    empty, filter, from, is, many, objects, one, refers, root, table, word,
};

impl Vocabulary for SurveyWave {
    const NAME: &'static str = "SurveyWave";
    const ABOUT: &'static str = "Which round of surveys a campaign is.";
}

impl Vocabulary for CampaignState {
    const NAME: &'static str = "SurveyCampaignState";
    const ABOUT: &'static str = "Where a campaign stands.";
}

impl Vocabulary for RespondentGroup {
    const NAME: &'static str = "RespondentGroup";
    const ABOUT: &'static str = "Who answers a survey.";
}

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![
        questionnaire(),
        campaign(),
        group(),
        invitation(),
        code(),
        personal_invitation(),
        results::rate(),
        results::result(),
    ]
}

fn questionnaire() -> Type {
    use questionnaire::Column as C;
    Type {
        name: "Questionnaire",
        about: "What is asked, as one version of data; campaigns keep the version they began with.",
        table: table(questionnaire::Entity),
        scope: Scope::everyone,
        root: root("questionnaires", "All questionnaires, in all versions."),
        fields: vec![
            column("key", C::Key, "Stable key of its file."),
            column("version", C::Version, "1 for the first."),
            column("title", C::Title, "Title, shown to respondents."),
            column("introduction", C::Introduction, "What respondents read first."),
            objects("pages", C::Pages, plain::page(), "Its pages of questions, in order."),
            column("createdAt", C::CreatedAt, "When this version was loaded."),
        ],
        filters: vec![is("key", C::Key, "With this key.")],
        orders: vec![desc("CREATED_AT", C::CreatedAt), desc("VERSION", C::Version)],
    }
}

fn campaign() -> Type {
    use survey_campaign::Column as C;
    Type {
        name: "SurveyCampaign",
        about: "One survey of many schools: a wave of a cohort, or the feedback on an event.",
        table: table(survey_campaign::Entity),
        scope: Scope::survey_campaigns,
        root: root("surveyCampaigns", "The campaigns you may see; drafts only if you run them."),
        fields: vec![
            column("key", C::Key, "Key within the programme."),
            column("title", C::Title, "Title, shown to respondents."),
            word::<SurveyWave>("wave", C::Wave, "Which round it is."),
            word::<CampaignState>("state", C::State, "Where it stands."),
            derived(
                "takesAnswers",
                &[C::State, C::ClosesOn],
                Leaf::Boolean,
                open_now,
                "Whether answers are taken now: open, and its last day not over.",
            ),
            column(
                "opensOn",
                C::OpensOn,
                "First day, in London; that of the launch, if that was earlier.",
            ),
            column("closesOn", C::ClosesOn, "Last day, in London; it closes at its end."),
            column(
                "enoughResponses",
                C::EnoughResponses,
                "So many answers in each group of a school meet its commitment; in a group asked by \
                 links of their own, no more than it has links.",
            ),
            column("anonymous", C::Anonymous, "Whether answers are kept apart from who answered."),
            column(
                "launchesItself",
                C::LaunchesItself,
                "Whether the worker launches it on its first day.",
            ),
            column("launchedAt", C::LaunchedAt, "When the invitations were made."),
            column("closedAt", C::ClosedAt, "When closed."),
            column("publishedAt", C::PublishedAt, "When its results were frozen."),
            column(
                "version",
                C::Version,
                "Rises with every change; give it back as `expectedVersion`.",
            ),
            column("createdAt", C::CreatedAt, "When made."),
            column("changedAt", C::ChangedAt, "When last changed."),
            one("programme", "Programme", C::ProgrammeId, "Its programme."),
            one("cohort", "Cohort", C::CohortId, "The cohort asked; null for an event's."),
            one("pathway", "Pathway", C::PathwayId, "The pathway asked; null for all."),
            one("commitment", "Commitment", C::TemplateId, "The commitment that answering meets."),
            one("event", "Event", C::EventId, "The event it asks about."),
            many(
                "groups",
                "SurveyCampaignGroup",
                campaign_group::Column::CampaignId,
                "Who is asked what.",
            ),
            many(
                "invitations",
                "SurveyInvitation",
                survey_invitation::Column::CampaignId,
                "The schools' groups asked; `filter: { enough: false }` are the non-responders.",
            ),
            many(
                "rates",
                "SurveyRate",
                survey_rate::Column::CampaignId,
                "How each hub's partners respond.",
            ),
            many(
                "results",
                "SurveyResult",
                survey_result::Column::CampaignId,
                "What was answered, once published.",
            ),
        ],
        filters: vec![
            is("key", C::Key, "With this key."),
            contains("titleContains", C::Title, "With this text in the title, whatever its case."),
            any_of::<SurveyWave>("wave", C::Wave, "Of one of these waves."),
            any_of::<CampaignState>("state", C::State, "In one of these states."),
            refers("programme", "Programme", C::ProgrammeId, "In this programme."),
            refers("cohort", "Cohort", C::CohortId, "Of this cohort."),
            refers("pathway", "Pathway", C::PathwayId, "Of this pathway."),
            refers("event", "Event", C::EventId, "About this event."),
            from("closesFrom", C::ClosesOn, "That close on this day or later."),
        ],
        orders: vec![desc("OPENS_ON", C::OpensOn), desc("CLOSES_ON", C::ClosesOn)],
    }
}

fn open_now(cells: &Cells<'_>, now: DateTime<Utc>) -> Result<Scalar, DbErr> {
    Ok(Scalar::Boolean(takes_answers(cells.word(0)?, cells.day(1)?, now)))
}

fn group() -> Type {
    use campaign_group::Column as C;
    Type {
        name: "SurveyCampaignGroup",
        about: "Which group is asked what in a campaign.",
        table: table(campaign_group::Entity),
        scope: Scope::campaign_groups,
        root: None,
        fields: vec![
            word::<RespondentGroup>("respondentGroup", C::RespondentGroup, "Who answers."),
            column(
                "byPersonalLink",
                C::ByPersonalLink,
                "Whether known contacts get links of their own. At a school where no link reaches \
                 anybody the group answers by code, as all others do.",
            ),
            one("campaign", "SurveyCampaign", C::CampaignId, "The campaign."),
            one("questionnaire", "Questionnaire", C::QuestionnaireId, "What is asked."),
        ],
        filters: vec![],
        orders: vec![asc("RESPONDENT_GROUP", C::RespondentGroup)],
    }
}

fn invitation() -> Type {
    use survey_invitation::Column as C;
    Type {
        name: "SurveyInvitation",
        about: "One group of one school, asked in one campaign, and how many have answered.",
        table: table(survey_invitation::Entity),
        scope: Scope::survey_invitations,
        root: root(
            "surveyInvitations",
            "The schools' groups asked that you may see: your own schools', and your hubs' \
             partners'.",
        ),
        fields: vec![
            word::<RespondentGroup>("respondentGroup", C::RespondentGroup, "Who answers."),
            column("expected", C::Expected, "How many the school expects, if it said so."),
            column(
                "version",
                C::Version,
                "Rises when the school says anew how many it expects; give it back as \
                 `expectedVersion`.",
            ),
            column("responses", C::Responses, "How many have answered."),
            column("firstOn", C::FirstOn, "Day of the first answer, in London."),
            column("enoughOn", C::EnoughOn, "Day on which there were enough, in London."),
            column("createdAt", C::CreatedAt, "When invited."),
            column(
                "changedAt",
                C::ChangedAt,
                "When last changed by hand; answers leave it as it is.",
            ),
            one("campaign", "SurveyCampaign", C::CampaignId, "The campaign."),
            one("enrolment", "Enrolment", C::EnrolmentId, "The school's enrolment."),
            many(
                "codes",
                "SurveyCode",
                survey_code::Column::InvitationId,
                "Its codes, for the school's own people and programme admins; `filter: { inUse: \
                 true }` is today's.",
            ),
            many(
                "personalInvitations",
                "PersonalInvitation",
                personal_invitation::Column::InvitationId,
                "Contacts asked by links of their own. You see your own, programme admins see all.",
            ),
        ],
        filters: vec![
            any_of::<RespondentGroup>(
                "respondentGroup",
                C::RespondentGroup,
                "Of one of these groups.",
            ),
            filter(
                "enough",
                Test::Holds(|yes, _| {
                    let on = Expr::col(("survey_invitation", "enough_on"));
                    if yes { on.is_not_null() } else { on.is_null() }
                }),
                "True: enough have answered. False: not yet, or not by the close.",
            ),
            empty("unanswered", C::FirstOn, "True: nobody has answered. False: somebody has."),
            refers("campaign", "SurveyCampaign", C::CampaignId, "In this campaign."),
            refers("enrolment", "Enrolment", C::EnrolmentId, "Of this school's enrolment."),
            filter("hub", Test::Concerns("Hub", of_hub), "Of this hub's partners."),
        ],
        orders: vec![desc("CREATED_AT", C::CreatedAt), asc("RESPONSES", C::Responses)],
    }
}

fn of_hub(hub: Uuid) -> SimpleExpr {
    let enrolments = Query::select()
        .column(("enrolment", "id"))
        .from("enrolment")
        .and_where(Expr::col(("enrolment", "hub_id")).eq(hub))
        .to_owned();
    Expr::col(("survey_invitation", "enrolment_id")).in_subquery(enrolments)
}

fn code() -> Type {
    use survey_code::Column as C;
    Type {
        name: "SurveyCode",
        about: "The code by which a group of a school answers. Only the school's own people and \
                programme admins see it, so that nobody who reads the school's results can answer \
                in its name.",
        table: table(survey_code::Entity),
        scope: Scope::survey_codes,
        root: None,
        fields: vec![
            column("code", C::Code, "Eight letters; show them as `BCDF-GHJK`."),
            column("createdAt", C::CreatedAt, "When made."),
            column("retiredAt", C::RetiredAt, "When another took its place; it no longer works."),
            one(
                "invitation",
                "SurveyInvitation",
                C::InvitationId,
                "For which group of which school.",
            ),
        ],
        filters: vec![empty("inUse", C::RetiredAt, "True: works. False: another took its place.")],
        orders: vec![desc("CREATED_AT", C::CreatedAt)],
    }
}

fn personal_invitation() -> Type {
    use personal_invitation::Column as C;
    Type {
        name: "PersonalInvitation",
        about: "A contact asked by a link of their own, and whether they have answered; never what. \
                You see your own, programme admins see all.",
        table: table(personal_invitation::Entity),
        scope: Scope::personal_invitations,
        root: None,
        fields: vec![
            column("answeredOn", C::AnsweredOn, "Day on which they answered, in London."),
            column("createdAt", C::CreatedAt, "When invited."),
            one("campaign", "SurveyCampaign", C::CampaignId, "The campaign."),
            one(
                "invitation",
                "SurveyInvitation",
                C::InvitationId,
                "For which group of which school.",
            ),
            one("person", "Person", C::PersonId, "Who."),
        ],
        filters: vec![empty("unanswered", C::AnsweredOn, "True: not answered. False: answered.")],
        orders: vec![desc("CREATED_AT", C::CreatedAt)],
    }
}
