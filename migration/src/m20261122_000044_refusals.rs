//! Refusals of recipients in vague words, by address: an address that was put right does not inherit
//! those of the one before it.

use sea_orm_migration::prelude::*;

use crate::columns::{create, drop, index, moment, required, table};

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let refusal = table("mail_refusal")
            .col(required("address").text())
            .col(moment("refused_at"))
            .to_owned();
        let indices = vec![index("mail_refusal", &["address", "refused_at"])];
        create(manager, vec![refusal], indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["mail_refusal"]).await
    }
}
