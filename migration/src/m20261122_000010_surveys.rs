//! Surveys: questionnaires, campaigns, codes and links, answers and published results.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::{
    create, drop, index, moment, optional, optional_moment, references, required, table, unique,
    word,
};

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    #[expect(clippy::too_many_lines, reason = "a schema is one list, best read at one go")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sqlite = manager.get_database_backend() == DbBackend::Sqlite;
        let tables = vec![
            table("questionnaire")
                .col(required("key").text())
                .col(required("version").integer())
                .col(required("title").text())
                .col(required("introduction").text())
                .col(required("groups").json_binary())
                .col(required("pages").json_binary())
                .col(moment("created_at"))
                .to_owned(),
            table("survey_campaign")
                .col(required("programme_id").uuid())
                .col(required("key").text())
                .col(required("title").text())
                .col(word("wave", &["baseline", "final", "feedback", "event_feedback"]))
                .col(optional("cohort_id").uuid())
                .col(optional("pathway_id").uuid())
                .col(optional("template_id").uuid())
                .col(optional("event_id").uuid())
                .col(word("state", &["draft", "open", "closed", "published"]))
                .col(required("anonymous").boolean())
                .col(required("enough_responses").integer())
                .col(required("remind_days").json_binary())
                .col(required("launches_itself").boolean())
                .col(required("opens_on").date())
                .col(required("closes_on").date())
                .col(optional_moment("launched_at"))
                .col(optional_moment("closed_at"))
                .col(optional_moment("published_at"))
                .col(required("version").integer())
                .col(moment("created_at"))
                .col(moment("changed_at"))
                .foreign_key(&mut references("survey_campaign", "programme_id", "programme"))
                .foreign_key(&mut references("survey_campaign", "cohort_id", "cohort"))
                .foreign_key(&mut references("survey_campaign", "pathway_id", "pathway"))
                .foreign_key(&mut references(
                    "survey_campaign",
                    "template_id",
                    "commitment_template",
                ))
                .foreign_key(&mut references("survey_campaign", "event_id", "event"))
                .to_owned(),
            table("campaign_group")
                .col(required("campaign_id").uuid())
                .col(word("respondent_group", &["pupils", "staff", "leaders", "parents"]))
                .col(required("questionnaire_id").uuid())
                .col(required("by_personal_link").boolean())
                .foreign_key(&mut references("campaign_group", "campaign_id", "survey_campaign"))
                .foreign_key(&mut references("campaign_group", "questionnaire_id", "questionnaire"))
                .to_owned(),
            table("survey_invitation")
                .col(required("campaign_id").uuid())
                .col(required("enrolment_id").uuid())
                .col(word("respondent_group", &["pupils", "staff", "leaders", "parents"]))
                .col(optional("expected").integer())
                .col(required("responses").integer())
                .col(optional("first_on").date())
                .col(optional("enough_on").date())
                .col(moment("created_at"))
                .col(moment("changed_at"))
                .foreign_key(&mut references("survey_invitation", "campaign_id", "survey_campaign"))
                .foreign_key(&mut references("survey_invitation", "enrolment_id", "enrolment"))
                .to_owned(),
            table("survey_code")
                .col(required("invitation_id").uuid())
                .col(required("code").text())
                .col(moment("created_at"))
                .col(optional_moment("retired_at"))
                .foreign_key(&mut references("survey_code", "invitation_id", "survey_invitation"))
                .to_owned(),
            table("personal_invitation")
                .col(required("campaign_id").uuid())
                .col(required("invitation_id").uuid())
                .col(required("person_id").uuid())
                .col(optional("answered_on").date())
                .col(moment("created_at"))
                .foreign_key(&mut references(
                    "personal_invitation",
                    "campaign_id",
                    "survey_campaign",
                ))
                .foreign_key(&mut references(
                    "personal_invitation",
                    "invitation_id",
                    "survey_invitation",
                ))
                .foreign_key(&mut references("personal_invitation", "person_id", "person"))
                .to_owned(),
            unordered(sqlite, "survey_draft")
                .col(required("campaign_id").uuid())
                .col(required("invitation_id").uuid())
                .col(required("submission_hash").text())
                .col(required("answers").json_binary())
                .col(required("changed_on").date())
                .foreign_key(&mut references("survey_draft", "campaign_id", "survey_campaign"))
                .foreign_key(&mut references("survey_draft", "invitation_id", "survey_invitation"))
                .to_owned(),
            unordered(sqlite, "survey_response")
                .col(required("campaign_id").uuid())
                .col(required("invitation_id").uuid())
                .col(required("submission_hash").text())
                .col(required("answers").json_binary())
                .foreign_key(&mut references("survey_response", "campaign_id", "survey_campaign"))
                .foreign_key(&mut references(
                    "survey_response",
                    "invitation_id",
                    "survey_invitation",
                ))
                .to_owned(),
            table("survey_result")
                .col(required("campaign_id").uuid())
                .col(word("level", &["school", "hub", "programme"]))
                .col(optional("hub_id").uuid())
                .col(optional("enrolment_id").uuid())
                .col(word("respondent_group", &["pupils", "staff", "leaders", "parents"]))
                .col(optional("responses").integer())
                .col(required("tallies").json_binary())
                .col(moment("published_at"))
                .foreign_key(&mut references("survey_result", "campaign_id", "survey_campaign"))
                .foreign_key(&mut references("survey_result", "hub_id", "hub"))
                .foreign_key(&mut references("survey_result", "enrolment_id", "enrolment"))
                .to_owned(),
        ];
        let indices = vec![
            unique("questionnaire", &["key", "version"]),
            unique("survey_campaign", &["programme_id", "key"]),
            index("survey_campaign", &["opens_on", "id"]),
            unique("campaign_group", &["campaign_id", "respondent_group"]),
            unique("survey_invitation", &["campaign_id", "enrolment_id", "respondent_group"]),
            index("survey_invitation", &["enrolment_id"]),
            index("survey_invitation", &["created_at", "id"]),
            unique("survey_code", &["code"]),
            index("survey_code", &["invitation_id"]),
            unique("personal_invitation", &["campaign_id", "person_id", "invitation_id"]),
            index("personal_invitation", &["invitation_id"]),
            unique("survey_draft", &["campaign_id", "submission_hash"]),
            index("survey_draft", &["changed_on"]),
            unique("survey_response", &["campaign_id", "submission_hash"]),
            index("survey_response", &["invitation_id"]),
            index("survey_result", &["campaign_id", "level", "id"]),
            index("survey_result", &["enrolment_id"]),
            index("survey_result", &["hub_id"]),
            index("survey_result", &["published_at", "id"]),
        ];
        create(manager, tables, indices).await?;
        manager.get_connection().execute_unprepared(&rates(manager.get_database_backend())).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP VIEW survey_rate").await?;
        drop(
            manager,
            &[
                "survey_result",
                "survey_response",
                "survey_draft",
                "personal_invitation",
                "survey_code",
                "survey_invitation",
                "campaign_group",
                "survey_campaign",
                "questionnaire",
            ],
        )
        .await?;
        Ok(())
    }
}

/// How each group of a hub's partners responds to a campaign, added up over their invitations. A
/// row goes by the smallest of their ids.
fn rates(backend: DbBackend) -> String {
    let smallest = match backend {
        DbBackend::Postgres => "(ARRAY_AGG(i.id ORDER BY i.id))[1]",
        _ => "MIN(i.id)",
    };
    format!(
        "CREATE VIEW survey_rate AS
        SELECT {smallest} AS id, i.campaign_id, e.hub_id, i.respondent_group,
            CAST(COUNT(*) AS INTEGER) AS asked,
            CAST(COUNT(i.first_on) AS INTEGER) AS started,
            CAST(COUNT(i.enough_on) AS INTEGER) AS enough,
            CAST(SUM(i.responses) AS INTEGER) AS responses,
            CAST(SUM(i.expected) AS INTEGER) AS expected
        FROM survey_invitation i JOIN enrolment e ON e.id = i.enrolment_id
        GROUP BY i.campaign_id, e.hub_id, i.respondent_group"
    )
}

/// A table whose rows lie in the order of their random ids: SQLite numbers the rows of others as
/// they come, and that would tell who answered after whom.
fn unordered(sqlite: bool, name: &'static str) -> TableCreateStatement {
    let mut table = table(name);
    if sqlite {
        table.extra("WITHOUT ROWID");
    }
    table
}
