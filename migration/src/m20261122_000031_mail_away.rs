//! That a worker finds no mail server that takes mail, for whoever looks after it.

use sea_orm_migration::prelude::*;

use crate::columns::{add, optional, remove};

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "worker_presence", vec![optional("mail_away").text().to_owned()]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        remove(manager, "worker_presence", &["mail_away"]).await
    }
}
