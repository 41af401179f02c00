//! Messages to all of a hub's partners.

use sea_orm_migration::prelude::*;

use crate::columns::{create, drop, index, moment, references, required, table};

/// See the module's description.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let bulletin = table("bulletin")
            .col(required("hub_id").uuid())
            .col(required("subject").text())
            .col(required("text").text())
            .col(required("sent_by").uuid())
            .col(moment("sent_at"))
            .col(required("recipients").integer())
            .col(required("excluded").integer())
            .foreign_key(&mut references("bulletin", "hub_id", "hub"))
            .foreign_key(&mut references("bulletin", "sent_by", "person"))
            .to_owned();
        let indices =
            vec![index("bulletin", &["hub_id", "sent_at"]), index("bulletin", &["sent_at", "id"])];
        create(manager, vec![bulletin], indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["bulletin"]).await
    }
}
