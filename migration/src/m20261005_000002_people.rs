//! Settings (a school or a trust in a programme), people, their contacts, roles and tokens.

use sea_orm_migration::prelude::*;

use crate::columns::{
    create, drop, index, moment, optional, optional_moment, references, required, sort_text, table,
    unique, word,
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
            table("setting")
                .col(word("kind", &["school", "trust"]))
                .col(sort_text(manager, "name"))
                .col(optional("school_id").uuid())
                .col(optional("trust_id").uuid())
                .col(moment("created_at"))
                .check(Expr::cust("(school_id IS NULL) <> (trust_id IS NULL)"))
                .foreign_key(&mut references("setting", "school_id", "school"))
                .foreign_key(&mut references("setting", "trust_id", "trust"))
                .to_owned(),
            table("person")
                .col(sort_text(manager, "name"))
                .col(required("email").text())
                .col(optional("digest_minute").integer())
                .col(required("optional_mail").boolean())
                .col(moment("created_at"))
                .to_owned(),
            table("contact")
                .col(required("person_id").uuid())
                .col(required("setting_id").uuid())
                .col(word(
                    "role",
                    &["headteacher", "senior_leader", "behaviour_lead", "hub_lead", "trust_lead"],
                ))
                .col(moment("created_at"))
                .col(optional_moment("ended_at"))
                .foreign_key(&mut references("contact", "person_id", "person"))
                .foreign_key(&mut references("contact", "setting_id", "setting"))
                .to_owned(),
            table("role_grant")
                .col(required("person_id").uuid())
                .col(word(
                    "role",
                    &[
                        "programme_admin",
                        "regional_lead",
                        "hub_lead",
                        "school_user",
                        "external_evaluator",
                    ],
                ))
                .col(optional("region_id").uuid())
                .col(optional("hub_id").uuid())
                .col(optional("setting_id").uuid())
                .col(moment("granted_at"))
                .col(optional_moment("revoked_at"))
                .foreign_key(&mut references("role_grant", "person_id", "person"))
                .foreign_key(&mut references("role_grant", "region_id", "region"))
                .foreign_key(&mut references("role_grant", "setting_id", "setting"))
                .to_owned(),
            table("access_token")
                .col(required("person_id").uuid())
                .col(required("token_hash").text())
                .col(required("label").text())
                .col(moment("created_at"))
                .col(moment("expires_at"))
                .col(optional_moment("revoked_at"))
                .foreign_key(&mut references("access_token", "person_id", "person"))
                .to_owned(),
            table("instance_secret")
                .col(required("name").text())
                .col(required("value").text())
                .col(moment("created_at"))
                .to_owned(),
        ];
        let indices = vec![
            unique("setting", &["school_id"]),
            unique("setting", &["trust_id"]),
            index("setting", &["name", "id"]),
            unique("person", &["email"]),
            unique("contact", &["person_id", "setting_id", "role"]),
            index("contact", &["setting_id"]),
            index("role_grant", &["person_id"]),
            unique("access_token", &["token_hash"]),
            unique("instance_secret", &["name"]),
        ];
        create(manager, tables, indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables =
            ["instance_secret", "access_token", "role_grant", "contact", "person", "setting"];
        drop(manager, &tables).await
    }
}
