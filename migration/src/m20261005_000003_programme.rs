//! Programmes as data: pathways with commitment templates, cohorts with terms, calendars, hubs, events.

use sea_orm_migration::prelude::*;

use crate::columns::{
    create, drop, index, moment, optional, optional_moment, references, required, sort_text, table,
    unique, word,
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
            table("programme")
                .col(required("key").text())
                .col(sort_text(manager, "name"))
                .col(required("description").text())
                .col(required("policy").json_binary())
                .col(moment("created_at"))
                .col(moment("changed_at"))
                .to_owned(),
            table("pathway")
                .col(required("programme_id").uuid())
                .col(required("key").text())
                .col(sort_text(manager, "name"))
                .col(required("description").text())
                .col(word("partner_kind", &["school", "trust", "any"]))
                .col(optional("leadership_days_min").integer())
                .col(optional("leadership_days_max").integer())
                .foreign_key(&mut references("pathway", "programme_id", "programme"))
                .to_owned(),
            table("commitment_template")
                .col(required("programme_id").uuid())
                .col(optional("pathway_id").uuid())
                .col(required("key").text())
                .col(required("kind").text())
                .col(word("owed_by", &["partner", "hub"]))
                .col(required("title").text())
                .col(required("rule").json_binary())
                .col(required("position").integer())
                .col(optional_moment("retired_at"))
                .foreign_key(&mut references("commitment_template", "programme_id", "programme"))
                .foreign_key(&mut references("commitment_template", "pathway_id", "pathway"))
                .to_owned(),
            table("cohort")
                .col(required("programme_id").uuid())
                .col(required("key").text())
                .col(sort_text(manager, "name"))
                .foreign_key(&mut references("cohort", "programme_id", "programme"))
                .to_owned(),
            table("programme_term")
                .col(required("cohort_id").uuid())
                .col(required("ordinal").integer())
                .col(required("name").text())
                .col(required("starts_on").date())
                .col(required("ends_on").date())
                .col(optional("half_term_starts_on").date())
                .col(optional("half_term_ends_on").date())
                .foreign_key(&mut references("programme_term", "cohort_id", "cohort"))
                .to_owned(),
            table("hub")
                .col(required("programme_id").uuid())
                .col(required("key").text())
                .col(sort_text(manager, "name"))
                .col(required("lead_setting_id").uuid())
                .col(optional("region_id").uuid())
                .col(optional("wave").text())
                .col(optional("capacity_min").integer())
                .col(optional("capacity_max").integer())
                .col(required("opened_on").date())
                .col(optional("closed_on").date())
                .col(required("version").integer())
                .foreign_key(&mut references("hub", "programme_id", "programme"))
                .foreign_key(&mut references("hub", "lead_setting_id", "setting"))
                .foreign_key(&mut references("hub", "region_id", "region"))
                .to_owned(),
            table("event")
                .col(required("programme_id").uuid())
                .col(optional("cohort_id").uuid())
                .col(optional("hub_id").uuid())
                .col(required("key").text())
                .col(word(
                    "kind",
                    &["open_day", "cpd_session", "training_module", "hub_networking"],
                ))
                .col(required("title").text())
                .col(moment("starts_at"))
                .col(moment("ends_at"))
                .col(optional_moment("published_at"))
                .col(optional_moment("cancelled_at"))
                .col(required("version").integer())
                .foreign_key(&mut references("event", "programme_id", "programme"))
                .foreign_key(&mut references("event", "cohort_id", "cohort"))
                .foreign_key(&mut references("event", "hub_id", "hub"))
                .to_owned(),
            table("school_calendar")
                .col(required("key").text())
                .col(required("name").text())
                .col(optional("local_authority_id").uuid())
                .col(optional("school_id").uuid())
                .foreign_key(&mut references(
                    "school_calendar",
                    "local_authority_id",
                    "local_authority",
                ))
                .foreign_key(&mut references("school_calendar", "school_id", "school"))
                .to_owned(),
            table("calendar_span")
                .col(required("calendar_id").uuid())
                .col(word("kind", &["term", "half_term", "inset"]))
                .col(required("name").text())
                .col(required("starts_on").date())
                .col(required("ends_on").date())
                .foreign_key(&mut references("calendar_span", "calendar_id", "school_calendar"))
                .to_owned(),
            table("bank_holiday")
                .col(required("falls_on").date())
                .col(required("title").text())
                .to_owned(),
        ];
        let indices = vec![
            unique("programme", &["key"]),
            unique("pathway", &["programme_id", "key"]),
            unique("commitment_template", &["programme_id", "key"]),
            unique("cohort", &["programme_id", "key"]),
            unique("programme_term", &["cohort_id", "ordinal"]),
            unique("hub", &["programme_id", "key"]),
            index("hub", &["name", "id"]),
            index("hub", &["lead_setting_id"]),
            index("hub", &["region_id"]),
            unique("event", &["programme_id", "key"]),
            index("event", &["starts_at", "id"]),
            index("event", &["hub_id"]),
            unique("school_calendar", &["key"]),
            index("calendar_span", &["calendar_id", "starts_on"]),
            unique("bank_holiday", &["falls_on"]),
        ];
        create(manager, tables, indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "bank_holiday",
            "calendar_span",
            "school_calendar",
            "event",
            "hub",
            "programme_term",
            "cohort",
            "commitment_template",
            "pathway",
            "programme",
        ];
        drop(manager, &tables).await
    }
}
