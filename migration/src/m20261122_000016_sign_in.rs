//! Signing in: sessions, links by mail, accounts at sign-in services, and what a token may do.

use sea_orm_migration::prelude::*;

use crate::columns::{
    add, create, drop, index, moment, optional, optional_moment, references, remove, required,
    table, unique, word,
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
        let tables = vec![
            table("session")
                .col(required("person_id").uuid())
                .col(required("token_hash").text())
                .col(word("method", &["magic_link", "oidc", "demo"]))
                .col(optional("issuer").text())
                .col(moment("created_at"))
                .col(moment("last_seen_at"))
                .col(moment("idle_until"))
                .col(moment("expires_at"))
                .col(optional_moment("revoked_at"))
                .col(required("user_agent").text())
                .foreign_key(&mut references("session", "person_id", "person"))
                .to_owned(),
            // A request for a link is a row, whoever's address it names: that of nobody who may
            // have one has no person, and opens nothing.
            table("sign_in_link")
                .col(optional("person_id").uuid())
                .col(required("token_hash").text())
                .col(required("address_hash").text())
                .col(required("network_hash").text())
                .col(moment("created_at"))
                .col(moment("expires_at"))
                .col(optional_moment("queued_at"))
                .col(optional_moment("spent_at"))
                .foreign_key(&mut references("sign_in_link", "person_id", "person"))
                .to_owned(),
            table("identity")
                .col(required("person_id").uuid())
                .col(required("issuer").text())
                .col(required("subject").text())
                .col(required("claims").json())
                .col(moment("created_at"))
                .col(moment("last_signed_in_at"))
                .foreign_key(&mut references("identity", "person_id", "person"))
                .to_owned(),
            table("sign_in_attempt")
                .col(required("state_hash").text())
                .col(required("nonce").text())
                .col(required("pkce_verifier").text())
                .col(required("issuer_key").text())
                .col(required("return_to").text())
                .col(moment("created_at"))
                .col(moment("expires_at"))
                .to_owned(),
        ];
        let indices = vec![
            unique("session", &["token_hash"]),
            index("session", &["person_id", "created_at", "id"]),
            unique("sign_in_link", &["token_hash"]),
            index("sign_in_link", &["address_hash", "created_at"]),
            index("sign_in_link", &["network_hash", "created_at"]),
            index("sign_in_link", &["created_at"]),
            unique("identity", &["issuer", "subject"]),
            index("identity", &["person_id"]),
            unique("sign_in_attempt", &["state_hash"]),
            index("sign_in_attempt", &["expires_at"]),
        ];
        create(manager, tables, indices).await?;
        let of_tokens = vec![
            word("kind", &["person", "machine", "demo"]).default("person").to_owned(),
            required("scopes").text().default("read write").to_owned(),
            optional("created_by").uuid().to_owned(),
            optional_moment("last_used_at"),
        ];
        add(manager, "access_token", of_tokens).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = ["last_used_at", "created_by", "scopes", "kind"];
        remove(manager, "access_token", &columns).await?;
        drop(manager, &["sign_in_attempt", "identity", "sign_in_link", "session"]).await
    }
}
