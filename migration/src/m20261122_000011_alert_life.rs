//! The life of an alert: snoozed, clearing, open again.

use sea_orm_migration::prelude::*;

use crate::columns::{
    add, create, drop, index, moment, optional, optional_moment, references, remove, required,
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
        add(
            manager,
            "engagement_alert",
            vec![
                optional("snoozed_until").date().to_owned(),
                optional("snoozed_by").uuid().to_owned(),
                optional("snooze_reason").text().to_owned(),
                optional_moment("clearing_since"),
                required("reopened").integer().default(0).to_owned(),
            ],
        )
        .await?;
        let tables = vec![
            table("alert_event")
                .col(required("alert_id").uuid())
                .col(word(
                    "what",
                    &[
                        "noticed",
                        "raised",
                        "evidence_changed",
                        "acknowledged",
                        "snoozed",
                        "woken",
                        "clearing",
                        "reopened",
                        "resolved",
                    ],
                ))
                .col(optional("by_person").uuid())
                .col(required("detail").text())
                .col(moment("happened_at"))
                .foreign_key(&mut references("alert_event", "alert_id", "engagement_alert"))
                .foreign_key(&mut references("alert_event", "by_person", "person"))
                .to_owned(),
        ];
        let indices = vec![
            index("alert_event", &["alert_id", "happened_at", "id"]),
            index("alert_event", &["happened_at", "id"]),
        ];
        create(manager, tables, indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["alert_event"]).await?;
        remove(
            manager,
            "engagement_alert",
            &["snoozed_until", "snoozed_by", "snooze_reason", "clearing_since", "reopened"],
        )
        .await?;
        Ok(())
    }
}
