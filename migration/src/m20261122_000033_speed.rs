//! Indices that hold only the rows they are looked into for, and, on PostgreSQL, a quicker packing of
//! the bytes of mails. Each of the some ten steps of a message's and its reminders' lives writes to
//! every index of their tables, and one over a state that all of them pass through tempts the
//! database to read all that are in it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::index;

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for old in [header(), about(), of_state()] {
            drop(manager, &old).await?;
        }
        let filled = |mut index: IndexCreateStatement, column: &'static str| {
            index.and_where(Expr::col(column).is_not_null()).to_owned()
        };
        manager.create_index(filled(header(), "message_id_header")).await?;
        manager.create_index(filled(about(), "about_id")).await?;
        let mut planned = index("reminder", &["send_on", "id"]);
        planned.name("reminder_planned_idx").and_where(Expr::col("state").eq("planned"));
        manager.create_index(planned).await?;
        pack(manager, "lz4").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        pack(manager, "pglz").await?;
        let planned = Index::drop().name("reminder_planned_idx").table("reminder").to_owned();
        manager.drop_index(planned).await?;
        for old in [header(), about()] {
            drop(manager, &old).await?;
        }
        for index in [header(), about(), of_state()] {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// Where a report names a message by its header alone.
fn header() -> IndexCreateStatement {
    index("message", &["message_id_header"])
}

/// What was mailed about a thing; a digest is about none.
fn about() -> IndexCreateStatement {
    index("message", &["about_id", "person_id", "id"])
}

/// As it was.
fn of_state() -> IndexCreateStatement {
    index("reminder", &["state", "send_on", "id"])
}

async fn drop(manager: &SchemaManager<'_>, index: &IndexCreateStatement) -> Result<(), DbErr> {
    let name = index.get_index_spec().get_name().unwrap_or_default().to_owned();
    manager.drop_index(Index::drop().name(name).to_owned()).await
}

/// How PostgreSQL packs the bytes of new mails. One that was built without it keeps its own way.
async fn pack(manager: &SchemaManager<'_>, how: &str) -> Result<(), DbErr> {
    let db = manager.get_connection();
    if db.get_database_backend() == DbBackend::Sqlite {
        return Ok(());
    }
    let alter = format!(
        "DO $$ BEGIN ALTER TABLE message ALTER COLUMN body SET COMPRESSION {how}; \
         EXCEPTION WHEN feature_not_supported OR syntax_error THEN NULL; END $$"
    );
    db.execute_unprepared(&alter).await.map(|_| ())
}
