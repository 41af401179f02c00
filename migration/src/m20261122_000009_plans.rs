//! Self-assessments, plans with objectives and agreed actions, and reviews.

use sea_orm_migration::prelude::*;

use crate::columns::{
    create, drop, index, moment, optional, references, required, table, unique, word,
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
        let tables = vec![
            table("self_assessment_framework")
                .col(required("programme_id").uuid())
                .col(required("version").integer())
                .col(required("title").text())
                .col(required("themes").json_binary())
                .col(moment("created_at"))
                .foreign_key(&mut references(
                    "self_assessment_framework",
                    "programme_id",
                    "programme",
                ))
                .to_owned(),
            table("self_assessment")
                .col(required("enrolment_id").uuid())
                .col(required("framework_id").uuid())
                .col(required("number").integer())
                .col(word("state", &["draft", "completed"]))
                .col(optional("completed_on").date())
                .col(optional("completed_by").uuid())
                .col(required("version").integer())
                .col(moment("created_at"))
                .col(moment("changed_at"))
                .foreign_key(&mut references("self_assessment", "enrolment_id", "enrolment"))
                .foreign_key(&mut references(
                    "self_assessment",
                    "framework_id",
                    "self_assessment_framework",
                ))
                .foreign_key(&mut references("self_assessment", "completed_by", "person"))
                .to_owned(),
            table("self_assessment_rating")
                .col(required("self_assessment_id").uuid())
                .col(required("theme_key").text())
                .col(required("level").integer())
                .col(optional("evidence").text())
                .col(moment("changed_at"))
                .foreign_key(&mut references(
                    "self_assessment_rating",
                    "self_assessment_id",
                    "self_assessment",
                ))
                .to_owned(),
            table("plan")
                .col(required("enrolment_id").uuid())
                .col(word("kind", &["action", "improvement"]))
                .col(word("state", &["draft", "agreed", "superseded"]))
                .col(required("number").integer())
                .col(required("summary").text())
                .col(optional("partner_agreed_on").date())
                .col(optional("hub_agreed_on").date())
                .col(optional("agreed_on").date())
                .col(required("version").integer())
                .col(moment("created_at"))
                .col(moment("changed_at"))
                .foreign_key(&mut references("plan", "enrolment_id", "enrolment"))
                .to_owned(),
            table("objective")
                .col(required("plan_id").uuid())
                .col(required("position").integer())
                .col(optional("theme_key").text())
                .col(required("title").text())
                .col(required("success_measure").text())
                .col(word("state", &["open", "achieved", "dropped"]))
                .col(required("version").integer())
                .col(moment("changed_at"))
                .foreign_key(&mut references("objective", "plan_id", "plan"))
                .to_owned(),
            table("agreed_action")
                .col(required("enrolment_id").uuid())
                .col(optional("objective_id").uuid())
                .col(optional("visit_id").uuid())
                .col(required("title").text())
                .col(word("owner_party", &["hub", "partner"]))
                .col(required("owner_name").text())
                .col(required("due_on").date())
                .col(word("state", &["open", "done", "dropped"]))
                .col(optional("done_on").date())
                .col(required("version").integer())
                .col(moment("created_at"))
                .col(moment("changed_at"))
                .foreign_key(&mut references("agreed_action", "enrolment_id", "enrolment"))
                .foreign_key(&mut references("agreed_action", "objective_id", "objective"))
                .foreign_key(&mut references("agreed_action", "visit_id", "visit"))
                .to_owned(),
            table("review")
                .col(required("enrolment_id").uuid())
                .col(optional("plan_id").uuid())
                .col(word("kind", &["progress", "final"]))
                .col(required("held_on").date())
                .col(required("summary").text())
                .col(required("next_steps").text())
                .col(optional("recorded_by").uuid())
                .col(moment("recorded_at"))
                .col(required("version").integer())
                .foreign_key(&mut references("review", "enrolment_id", "enrolment"))
                .foreign_key(&mut references("review", "plan_id", "plan"))
                .foreign_key(&mut references("review", "recorded_by", "person"))
                .to_owned(),
        ];
        let indices = vec![
            unique("self_assessment_framework", &["programme_id", "version"]),
            unique("self_assessment", &["enrolment_id", "number"]),
            index("self_assessment", &["created_at", "id"]),
            unique("self_assessment_rating", &["self_assessment_id", "theme_key"]),
            unique("plan", &["enrolment_id", "number"]),
            index("plan", &["created_at", "id"]),
            index("objective", &["plan_id", "position", "id"]),
            index("agreed_action", &["enrolment_id", "due_on", "id"]),
            index("agreed_action", &["due_on", "id"]),
            index("agreed_action", &["objective_id"]),
            index("agreed_action", &["visit_id"]),
            index("review", &["enrolment_id", "held_on", "id"]),
            index("review", &["held_on", "id"]),
        ];
        create(manager, tables, indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &[
                "review",
                "agreed_action",
                "objective",
                "plan",
                "self_assessment_rating",
                "self_assessment",
                "self_assessment_framework",
            ],
        )
        .await?;
        Ok(())
    }
}
