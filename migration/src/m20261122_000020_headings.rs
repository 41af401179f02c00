//! Where somebody was heading who asks for a link by mail.

use sea_orm_migration::prelude::*;

use crate::columns::required;

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The version before this one does not say where to, and means its own page.
        let column = required("return_to").text().default("/sign-in").to_owned();
        manager
            .alter_table(Table::alter().table("sign_in_link").add_column(column).to_owned())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let alter = Table::alter().table("sign_in_link").drop_column("return_to").to_owned();
        manager.alter_table(alter).await
    }
}
