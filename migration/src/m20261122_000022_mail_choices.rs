//! Which optional kinds of mail somebody does not want.

use sea_orm_migration::prelude::*;

use crate::columns::{create, drop, moment, references, required};

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("unwanted_mail")
            .col(required("person_id").uuid())
            .col(required("kind").text())
            .col(moment("created_at"))
            .primary_key(Index::create().col("person_id").col("kind"))
            .foreign_key(&mut references("unwanted_mail", "person_id", "person"))
            .to_owned();
        create(manager, vec![table], Vec::new()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["unwanted_mail"]).await
    }
}
