//! What was done, by whom, when, and what it changed.

use sea_orm_migration::prelude::*;

use crate::columns::{create, drop, index, moment, optional, references, required, table};

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let entries = table("audit_entry")
            .col(moment("happened_at"))
            .col(optional("by_person").uuid())
            .col(required("action").text())
            .col(optional("node_type").text())
            .col(optional("node_id").uuid())
            .col(required("changes").json())
            .col(required("detail").text().default(""))
            .foreign_key(&mut references("audit_entry", "by_person", "person"))
            .to_owned();
        let indices = vec![
            index("audit_entry", &["node_id", "happened_at"]),
            index("audit_entry", &["by_person", "happened_at"]),
            index("audit_entry", &["happened_at", "id"]),
        ];
        create(manager, vec![entries], indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["audit_entry"]).await
    }
}
