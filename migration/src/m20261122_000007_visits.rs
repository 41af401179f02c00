//! Visits between a hub and a partner, and the story of each.

use sea_orm_migration::prelude::*;

use crate::columns::{
    create, drop, index, moment, optional, optional_moment, optional_word, references, required,
    table, word,
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
            table("visit")
                .col(required("programme_id").uuid())
                .col(required("enrolment_id").uuid())
                .col(required("hub_id").uuid())
                .col(word("kind", &["support_day", "deep_dive_visit"]))
                .col(word("state", &["proposed", "agreed", "recorded", "cancelled"]))
                .col(optional("visitor_id").uuid())
                .col(required("purpose").text())
                .col(moment("starts_at"))
                .col(moment("ends_at"))
                .col(required("half_days").integer())
                .col(word("proposed_by", &["hub", "partner"]))
                .col(optional_moment("agreed_at"))
                .col(optional("held_on").date())
                .col(optional("half_days_used").integer())
                .col(required("attendees").json_binary())
                .col(optional("summary").text())
                .col(optional_word("cancelled_by", &["hub", "partner"]))
                .col(optional_moment("cancelled_at"))
                .col(optional("cancellation_reason").text())
                .col(required("sequence").integer())
                .col(required("version").integer())
                .col(moment("created_at"))
                .col(moment("changed_at"))
                .foreign_key(&mut references("visit", "programme_id", "programme"))
                .foreign_key(&mut references("visit", "enrolment_id", "enrolment"))
                .foreign_key(&mut references("visit", "hub_id", "hub"))
                .foreign_key(&mut references("visit", "visitor_id", "person"))
                .to_owned(),
            table("visit_change")
                .col(required("visit_id").uuid())
                .col(word(
                    "what",
                    &["proposed", "agreed", "rescheduled", "cancelled", "recorded", "corrected"],
                ))
                .col(optional_word("by_party", &["hub", "partner"]))
                .col(optional("by_person").uuid())
                .col(moment("starts_at"))
                .col(moment("ends_at"))
                .col(optional("reason").text())
                .col(moment("happened_at"))
                .foreign_key(&mut references("visit_change", "visit_id", "visit"))
                .foreign_key(&mut references("visit_change", "by_person", "person"))
                .to_owned(),
        ];
        let indices = vec![
            index("visit", &["enrolment_id", "starts_at", "id"]),
            index("visit", &["hub_id", "starts_at", "id"]),
            index("visit", &["visitor_id", "starts_at"]),
            index("visit", &["starts_at", "id"]),
            index("visit_change", &["visit_id", "happened_at", "id"]),
        ];
        create(manager, tables, indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["visit_change", "visit"]).await?;
        Ok(())
    }
}
