//! What met an obligation, what a message is about, and which workers live.

use sea_orm_migration::prelude::*;

use crate::columns::{add, create, drop, moment, optional, remove, required, table, unique};

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
            "obligation",
            vec![optional("deed_kind").text().to_owned(), optional("deed_id").uuid().to_owned()],
        )
        .await?;
        add(
            manager,
            "message",
            vec![optional("about_kind").text().to_owned(), optional("about_id").uuid().to_owned()],
        )
        .await?;
        let tables = vec![
            table("worker_presence")
                .col(required("name").text())
                .col(moment("started_at"))
                .col(moment("seen_at"))
                .to_owned(),
        ];
        let indices = vec![unique("worker_presence", &["name"])];
        create(manager, tables, indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["worker_presence"]).await?;
        remove(manager, "message", &["about_kind", "about_id"]).await?;
        remove(manager, "obligation", &["deed_kind", "deed_id"]).await?;
        Ok(())
    }
}
