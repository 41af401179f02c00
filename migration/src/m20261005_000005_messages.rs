//! Reminders, the messages they travel in, the story of each message, and the worker's timetable.

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
            message(),
            table("message_event")
                .col(required("message_id").uuid())
                .col(required("state").text())
                .col(required("detail").text())
                .col(moment("happened_at"))
                .foreign_key(&mut references("message_event", "message_id", "message"))
                .to_owned(),
            table("reminder")
                .col(required("obligation_id").uuid())
                .col(required("person_id").uuid())
                .col(required("step").text())
                .col(required("revision").integer())
                .col(required("send_on").date())
                .col(moment("expires_at"))
                .col(word("state", &["planned", "bundled", "sent", "cancelled", "expired"]))
                .col(required("reason").text())
                .col(optional("message_id").uuid())
                .col(moment("created_at"))
                .col(moment("changed_at"))
                .foreign_key(&mut references("reminder", "obligation_id", "obligation"))
                .foreign_key(&mut references("reminder", "person_id", "person"))
                .foreign_key(&mut references("reminder", "message_id", "message"))
                .to_owned(),
            Table::create()
                .table("occurrence")
                .col(required("schedule_id").text())
                .col(moment("due_at"))
                .col(word("outcome", &["fired", "missed"]))
                .col(required("summary").text())
                .col(moment("recorded_at"))
                .primary_key(Index::create().col("schedule_id").col("due_at"))
                .to_owned(),
        ];
        let indices = vec![
            unique("message", &["dedupe_key"]),
            index("message", &["state", "send_after", "id"]),
            index("message", &["person_id", "created_at", "id"]),
            index("message_event", &["message_id", "happened_at", "id"]),
            unique("reminder", &["obligation_id", "step", "person_id", "revision"]),
            index("reminder", &["state", "send_on", "id"]),
            index("reminder", &["person_id", "send_on", "id"]),
            index("reminder", &["message_id"]),
        ];
        create(manager, tables, indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["occurrence", "reminder", "message_event", "message"]).await
    }
}

/// One mail to one person, with the bytes it was rendered to, once.
fn message() -> TableCreateStatement {
    table("message")
        .col(required("kind").text())
        .col(required("person_id").uuid())
        .col(required("dedupe_key").text())
        .col(optional("local_day").date())
        .col(optional("subject").text())
        .col(word(
            "state",
            &[
                "pending",
                "leased",
                "handoff",
                "accepted",
                "deferred",
                "rejected",
                "uncertain",
                "held",
                "bounced",
                "complained",
                "cancelled",
                "suppressed",
                "expired",
            ],
        ))
        .col(moment("send_after"))
        .col(moment("expires_at"))
        .col(required("attempts").integer())
        .col(optional("lease_owner").text())
        .col(required("lease_epoch").big_integer())
        .col(optional_moment("leased_until"))
        .col(optional("message_id_header").text())
        .col(optional("body").blob())
        .col(moment("created_at"))
        .col(moment("changed_at"))
        .foreign_key(&mut references("message", "person_id", "person"))
        .to_owned()
}
