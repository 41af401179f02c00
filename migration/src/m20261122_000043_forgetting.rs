//! A hash of what a mail said, which stays when its text is deleted; and where to find the texts and
//! addresses that have been kept long enough. Both indices hold only rows that still have one, by a
//! moment that does not change.

use sea_orm_migration::prelude::*;

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut column = ColumnDef::new("body_hash");
        column.text().null();
        let table = Table::alter().table("message").add_column(column).to_owned();
        manager.alter_table(table).await?;
        for (name, table, column, kept) in KEPT {
            let index = Index::create()
                .name(name)
                .table(table)
                .col(column)
                .and_where(Expr::col(kept).is_not_null())
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table, ..) in KEPT {
            manager.drop_index(Index::drop().table(table).name(name).to_owned()).await?;
        }
        let table = Table::alter().table("message").drop_column("body_hash").to_owned();
        manager.alter_table(table).await
    }
}

/// An index, its table and column, and the column of which it tells that it is kept.
const KEPT: [(&str, &str, &str, &str); 2] = [
    ("message_kept_idx", "message", "created_at", "body"),
    ("mail_feedback_kept_idx", "mail_feedback", "received_at", "address"),
];
