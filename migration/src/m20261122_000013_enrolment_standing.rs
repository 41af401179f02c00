//! The history of an enrolment knows more words: paused, resumed, completed.

use sea_orm_migration::prelude::*;

use crate::columns::{index, moment, optional, references, required, table, word};

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

const COLUMNS: &str =
    "id, enrolment_id, kind, from_hub_id, to_hub_id, reason, changed_by, changed_at";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let words = ["enrolled", "transferred", "withdrawn", "paused", "resumed", "completed"];
        rebuild(manager, &words).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let later = "DELETE FROM enrolment_change WHERE kind IN ('paused', 'resumed', 'completed')";
        manager.get_connection().execute_unprepared(later).await?;
        rebuild(manager, &["enrolled", "transferred", "withdrawn"]).await
    }
}

/// Makes the table anew with other words: SQLite cannot change a check. Code that only knows the
/// old words writes and reads it as before.
async fn rebuild(manager: &SchemaManager<'_>, words: &[&'static str]) -> Result<(), DbErr> {
    let anew = table("enrolment_change_anew")
        .col(required("enrolment_id").uuid())
        .col(word("kind", words))
        .col(optional("from_hub_id").uuid())
        .col(optional("to_hub_id").uuid())
        .col(optional("reason").text())
        .col(optional("changed_by").uuid())
        .col(moment("changed_at"))
        .foreign_key(&mut references("enrolment_change", "enrolment_id", "enrolment"))
        .foreign_key(&mut references("enrolment_change", "changed_by", "person"))
        .to_owned();
    manager.create_table(anew).await?;
    let connection = manager.get_connection();
    for statement in [
        format!(
            "INSERT INTO enrolment_change_anew ({COLUMNS}) SELECT {COLUMNS} FROM enrolment_change"
        ),
        "DROP TABLE enrolment_change".to_owned(),
        "ALTER TABLE enrolment_change_anew RENAME TO enrolment_change".to_owned(),
    ] {
        connection.execute_unprepared(&statement).await?;
    }
    manager.create_index(index("enrolment_change", &["enrolment_id", "changed_at"])).await
}
