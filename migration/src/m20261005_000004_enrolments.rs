//! Enrolments of partner settings under hubs, and the dated obligations of both.

use sea_orm_migration::prelude::*;

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

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = vec![
            table("enrolment")
                .col(required("programme_id").uuid())
                .col(required("hub_id").uuid())
                .col(required("cohort_id").uuid())
                .col(required("pathway_id").uuid())
                .col(required("partner_setting_id").uuid())
                .col(word("status", &["active", "paused", "withdrawn", "completed"]))
                .col(required("enrolled_on").date())
                .col(optional("ended_on").date())
                .col(optional("end_reason").text())
                .col(required("version").integer())
                .col(moment("created_at"))
                .col(moment("changed_at"))
                .foreign_key(&mut references("enrolment", "programme_id", "programme"))
                .foreign_key(&mut references("enrolment", "hub_id", "hub"))
                .foreign_key(&mut references("enrolment", "cohort_id", "cohort"))
                .foreign_key(&mut references("enrolment", "pathway_id", "pathway"))
                .foreign_key(&mut references("enrolment", "partner_setting_id", "setting"))
                .to_owned(),
            table("enrolment_academy")
                .col(required("enrolment_id").uuid())
                .col(required("school_id").uuid())
                .foreign_key(&mut references("enrolment_academy", "enrolment_id", "enrolment"))
                .foreign_key(&mut references("enrolment_academy", "school_id", "school"))
                .to_owned(),
            table("enrolment_change")
                .col(required("enrolment_id").uuid())
                .col(word("kind", &["enrolled", "transferred", "withdrawn"]))
                .col(optional("from_hub_id").uuid())
                .col(optional("to_hub_id").uuid())
                .col(optional("reason").text())
                .col(optional("changed_by").uuid())
                .col(moment("changed_at"))
                .foreign_key(&mut references("enrolment_change", "enrolment_id", "enrolment"))
                .foreign_key(&mut references("enrolment_change", "changed_by", "person"))
                .to_owned(),
            obligation(),
        ];
        let indices = vec![
            index("enrolment", &["hub_id"]),
            index("enrolment", &["cohort_id"]),
            index("enrolment", &["enrolled_on", "id"]),
            index("enrolment", &["partner_setting_id"]),
            Index::create()
                .name("enrolment_one_active_key")
                .table("enrolment")
                .col("partner_setting_id")
                .col("cohort_id")
                .unique()
                .and_where(Expr::col("status").is_in(["active", "paused"]))
                .to_owned(),
            unique("enrolment_academy", &["enrolment_id", "school_id"]),
            index("enrolment_change", &["enrolment_id", "changed_at"]),
            unique("obligation", &["subject_id", "cohort_id", "template_id", "occurrence"]),
            index("obligation", &["enrolment_id", "due_at", "id"]),
            index("obligation", &["hub_id", "due_at", "id"]),
            index("obligation", &["state", "due_at", "id"]),
        ];
        create(manager, tables, indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = ["obligation", "enrolment_change", "enrolment_academy", "enrolment"];
        drop(manager, &tables).await
    }
}

/// One dated instance of a commitment. `subject_id` is the enrolment or, for a lead's own duties,
/// the hub, and makes the natural key plain; `overdue` is derived and has no column.
fn obligation() -> TableCreateStatement {
    table("obligation")
        .col(required("programme_id").uuid())
        .col(required("cohort_id").uuid())
        .col(required("hub_id").uuid())
        .col(optional("enrolment_id").uuid())
        .col(required("subject_id").uuid())
        .col(required("template_id").uuid())
        .col(required("occurrence").text())
        .col(word("owed_by", &["partner", "hub"]))
        .col(required("kind").text())
        .col(required("action").text())
        .col(required("title").text())
        .col(optional("term_id").uuid())
        .col(optional("event_id").uuid())
        .col(optional("required_half_days").integer())
        .col(optional("opens_on").date())
        .col(required("due_on").date())
        .col(moment("due_at"))
        .col(word("state", &["open", "met", "excused", "missed", "cancelled"]))
        .col(optional("met_on").date())
        .col(optional("note").text())
        .col(optional("recorded_by").uuid())
        .col(optional_moment("recorded_at"))
        .col(required("revision").integer())
        .col(required("version").integer())
        .col(moment("created_at"))
        .col(moment("changed_at"))
        .foreign_key(&mut references("obligation", "programme_id", "programme"))
        .foreign_key(&mut references("obligation", "cohort_id", "cohort"))
        .foreign_key(&mut references("obligation", "hub_id", "hub"))
        .foreign_key(&mut references("obligation", "enrolment_id", "enrolment"))
        .foreign_key(&mut references("obligation", "template_id", "commitment_template"))
        .foreign_key(&mut references("obligation", "term_id", "programme_term"))
        .foreign_key(&mut references("obligation", "event_id", "event"))
        .foreign_key(&mut references("obligation", "recorded_by", "person"))
        .to_owned()
}
