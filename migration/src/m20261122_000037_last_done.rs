//! When a job was last begun that then ended well: a job that fails for days is known by it.

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
        let mut column = ColumnDef::new("last_done_at");
        column.timestamp_with_time_zone().null();
        let table = Table::alter().table("job").add_column(column).to_owned();
        manager.alter_table(table).await?;
        // Of those that failed last the next run that does not will tell.
        let known = Query::update()
            .table("job")
            .value("last_done_at", Expr::col("last_began_at"))
            .and_where(Expr::col("last_outcome").eq("done"))
            .to_owned();
        manager.exec_stmt(known).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter().table("job").drop_column("last_done_at").to_owned();
        manager.alter_table(table).await
    }
}
