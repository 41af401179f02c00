//! Indices by the moment of change, along which live updates read.

use sea_orm_migration::prelude::*;

use crate::columns::index;

/// Tables whose changes can be subscribed to.
const LIVE: [&str; 3] = ["engagement_alert", "message", "visit"];

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in LIVE {
            manager.create_index(index(table, &["changed_at", "id"])).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in LIVE {
            let name = format!("{table}_changed_at_id_idx");
            manager.drop_index(Index::drop().table(table).name(name).to_owned()).await?;
        }
        Ok(())
    }
}
