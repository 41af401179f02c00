//! Since when an obligation is due when it is, and since when a programme's policy is what it is: by
//! both it is told why a reminder's time passed without it.

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
        add(manager, "obligation", vec![optional_moment("revised_at")]).await?;
        add(manager, "programme", vec![optional_moment("policy_since")]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        remove(manager, "programme", &["policy_since"]).await?;
        remove(manager, "obligation", &["revised_at"]).await
    }
}
