//! How many messages of each mail lane wait for a person to decide, and since when.

use sea_orm_migration::prelude::*;

use crate::columns::{add, optional_moment, remove, required};

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let held = required("held").integer().default(0).to_owned();
        add(manager, "mail_lane", vec![held, optional_moment("held_since")]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        remove(manager, "mail_lane", &["held_since", "held"]).await
    }
}
