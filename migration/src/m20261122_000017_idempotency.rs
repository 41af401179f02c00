//! What was done once under a key of the client's, so that the same asked twice is done once; and a
//! version for survey invitations, which a school edits.

use sea_orm_migration::prelude::*;

use crate::columns::{
    add, create, drop, index, moment, references, remove, required, table, unique,
};

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let keys = table("idempotency_key")
            .col(required("person_id").uuid())
            .col(required("key").text())
            .col(required("input_hash").text())
            .col(required("node_id").uuid())
            .col(moment("made_at"))
            .foreign_key(&mut references("idempotency_key", "person_id", "person"))
            .to_owned();
        let indices = vec![
            unique("idempotency_key", &["person_id", "key"]),
            index("idempotency_key", &["made_at"]),
        ];
        create(manager, vec![keys], indices).await?;
        add(manager, "survey_invitation", vec![required("version").integer().default(1).to_owned()])
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        remove(manager, "survey_invitation", &["version"]).await?;
        drop(manager, &["idempotency_key"]).await
    }
}
