//! The time that the reader of a notice knew before, of what takes place at another.

use sea_orm_migration::prelude::*;

use crate::columns::{add, optional_moment, remove};

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![optional_moment("was_starts_at"), optional_moment("was_ends_at")];
        add(manager, "message", columns).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        remove(manager, "message", &["was_starts_at", "was_ends_at"]).await
    }
}
