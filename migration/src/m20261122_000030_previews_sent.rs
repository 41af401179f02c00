//! Which preview a bulletin was sent by, so that it is sent once.

use sea_orm_migration::prelude::*;

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

const NAME: &str = "bulletin_preview_key";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Empty in what was sent before: no two of those are the same.
        let column = ColumnDef::new("preview").text().to_owned();
        let table = Table::alter().table("bulletin").add_column(column).to_owned();
        manager.alter_table(table).await?;
        let index = Index::create().name(NAME).table("bulletin").col("preview").unique().to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().table("bulletin").name(NAME).to_owned()).await?;
        let table = Table::alter().table("bulletin").drop_column("preview").to_owned();
        manager.alter_table(table).await
    }
}
