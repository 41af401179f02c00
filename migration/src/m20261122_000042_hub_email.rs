//! The address at which a hub reads what schools answer to its mails.

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
        add(manager, "hub", vec![optional("email").text().to_owned()]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        remove(manager, "hub", &["email"]).await
    }
}
