//! What live updates know a survey's progress and a departed alert by.

use sea_orm_migration::prelude::*;

use crate::columns::{index, optional, optional_moment};

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite takes one column at a time.
        for (table, column) in columns() {
            let alter = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        manager.create_index(index("survey_invitation", &["told_at", "id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let name = "survey_invitation_told_at_id_idx";
        let told = Index::drop().table("survey_invitation").name(name).to_owned();
        manager.drop_index(told).await?;
        for (table, column) in columns() {
            let column = column.get_column_name();
            let alter = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        Ok(())
    }
}

fn columns() -> [(&'static str, ColumnDef); 3] {
    [
        ("survey_invitation", optional_moment("told_at")),
        ("engagement_alert", optional("left_hub_id").uuid().to_owned()),
        ("engagement_alert", optional_moment("left_at")),
    ]
}
