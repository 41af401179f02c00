//! Engagement alerts: what a rule raised about an enrolment, a hub or a contact, and why.

use sea_orm_migration::prelude::*;

use crate::columns::{
    create, drop, index, moment, optional, optional_moment, references, required, table, word,
};

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = vec![
            table("engagement_alert")
                .col(required("rule").text())
                .col(required("rule_version").integer())
                .col(word("subject_kind", &["enrolment", "hub", "contact"]))
                .col(required("subject_id").uuid())
                .col(optional("enrolment_id").uuid())
                .col(optional("hub_id").uuid())
                .col(optional("contact_id").uuid())
                .col(required("period").text())
                .col(word(
                    "state",
                    &["pending", "firing", "acknowledged", "snoozed", "clearing", "resolved"],
                ))
                .col(required("summary").text())
                .col(required("threshold").text())
                .col(required("evidence").json_binary())
                .col(moment("raised_at"))
                .col(moment("changed_at"))
                .col(optional_moment("acknowledged_at"))
                .col(optional("acknowledged_by").uuid())
                .col(optional("acknowledgement_note").text())
                .col(optional_moment("resolved_at"))
                .col(required("version").integer())
                .foreign_key(&mut references("engagement_alert", "enrolment_id", "enrolment"))
                .foreign_key(&mut references("engagement_alert", "hub_id", "hub"))
                .foreign_key(&mut references("engagement_alert", "contact_id", "contact"))
                .foreign_key(&mut references("engagement_alert", "acknowledged_by", "person"))
                .to_owned(),
        ];
        let indices = vec![
            Index::create()
                .name("engagement_alert_one_open_key")
                .table("engagement_alert")
                .col("subject_id")
                .col("rule")
                .col("period")
                .unique()
                .and_where(Expr::col("state").ne("resolved"))
                .to_owned(),
            index("engagement_alert", &["raised_at", "id"]),
            index("engagement_alert", &["hub_id", "raised_at", "id"]),
            index("engagement_alert", &["enrolment_id"]),
        ];
        create(manager, tables, indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["engagement_alert"]).await
    }
}
