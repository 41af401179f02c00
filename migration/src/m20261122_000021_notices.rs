//! Which revision of what it is about a message tells of, and where earlier ones about it lie.

use sea_orm_migration::prelude::*;

use crate::columns::{add, index, optional, remove};

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = optional("about_revision").integer().to_owned();
        add(manager, "message", vec![column]).await?;
        manager.create_index(index("message", &["about_id", "person_id", "id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let name = "message_about_id_person_id_id_idx";
        manager.drop_index(Index::drop().table("message").name(name).to_owned()).await?;
        remove(manager, "message", &["about_revision"]).await
    }
}
