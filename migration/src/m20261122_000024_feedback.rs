//! Addresses that no mail goes to, and what mail systems report of mail that went.

use sea_orm_migration::prelude::*;

use crate::columns::{
    create, drop, index, moment, optional, optional_moment, references, required, table, unique,
    word,
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
        let suppression = table("suppression")
            .col(required("address").text())
            .col(word(
                "reason",
                &["hard_bounce", "soft_bounces", "refused", "complaint", "by_hand"],
            ))
            .col(required("note").text())
            .col(moment("since"))
            .col(optional("message_id").uuid())
            .col(optional("by_person").uuid())
            .col(optional_moment("released_at"))
            .col(optional("released_by").uuid())
            .col(optional("release_reason").text())
            .col(moment("changed_at"))
            .col(required("version").integer())
            .foreign_key(&mut references("suppression", "message_id", "message"))
            .foreign_key(&mut references("suppression", "by_person", "person"))
            .foreign_key(&mut references("suppression", "released_by", "person"))
            .to_owned();
        let feedback = table("mail_feedback")
            .col(required("key").text())
            .col(word("kind", &["hard_bounce", "soft_bounce", "delayed", "complaint"]))
            .col(word("source", &["mailbox", "webhook"]))
            .col(optional("message_id").uuid())
            .col(optional("address").text())
            .col(required("status").text())
            .col(moment("happened_at"))
            .col(moment("received_at"))
            .foreign_key(&mut references("mail_feedback", "message_id", "message"))
            .to_owned();
        let one_open = Index::create()
            .name("suppression_one_open_key")
            .table("suppression")
            .col("address")
            .unique()
            .and_where(Expr::col("released_at").is_null())
            .to_owned();
        let indices = vec![
            one_open,
            index("suppression", &["address", "released_at"]),
            index("suppression", &["since", "id"]),
            unique("mail_feedback", &["key"]),
            index("mail_feedback", &["message_id"]),
            index("mail_feedback", &["address", "happened_at"]),
            // Where a report names a message by its header alone.
            index("message", &["message_id_header"]),
        ];
        create(manager, vec![suppression, feedback], indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let header =
            Index::drop().name("message_message_id_header_idx").table("message").to_owned();
        manager.drop_index(header).await?;
        drop(manager, &["mail_feedback", "suppression"]).await
    }
}
