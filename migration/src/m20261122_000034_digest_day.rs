//! Who had a digest on a day, which every heartbeat asks as long as something waits for one.

use sea_orm_migration::prelude::*;

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

const NAME: &str = "message_local_day_person_id_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name(NAME)
            .table("message")
            .col("local_day")
            .col("person_id")
            .and_where(Expr::col("local_day").is_not_null())
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().table("message").name(NAME).to_owned()).await
    }
}
