//! The register of schools: regions, local authorities, trusts, schools and the links between them.

use sea_orm_migration::prelude::*;

use crate::columns::{
    create, drop, index, moment, optional, references, required, sort_text, table, unique, word,
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
            table("region").col(required("code").text()).col(sort_text(manager, "name")).to_owned(),
            table("local_authority")
                .col(required("code").integer())
                .col(sort_text(manager, "name"))
                .col(optional("region_id").uuid())
                .foreign_key(&mut references("local_authority", "region_id", "region"))
                .to_owned(),
            table("trust")
                .col(required("code").text())
                .col(sort_text(manager, "name"))
                .col(word("kind", &["multi_academy", "single_academy", "supporting"]))
                .to_owned(),
            school(manager),
            table("school_link")
                .col(required("urn").integer())
                .col(required("link_urn").integer())
                .col(required("link_name").text())
                .col(required("link_type").text())
                .col(optional("established_on").date())
                .to_owned(),
            table("register_import")
                .col(word("kind", &["establishments", "links"]))
                .col(required("file_sha256").text())
                .col(required("rows").integer())
                .col(required("added").integer())
                .col(required("changed").integer())
                .col(required("closed").integer())
                .col(required("unchanged").integer())
                .col(required("rejected").integer())
                .col(moment("imported_at"))
                .to_owned(),
        ];
        let indices = vec![
            unique("region", &["code"]),
            unique("local_authority", &["code"]),
            index("local_authority", &["name", "id"]),
            unique("trust", &["code"]),
            index("trust", &["name", "id"]),
            unique("school", &["urn"]),
            index("school", &["name", "id"]),
            index("school", &["local_authority_id", "name", "id"]),
            index("school", &["trust_id", "name", "id"]),
            index("school", &["region_id", "name", "id"]),
            unique("school_link", &["urn", "link_urn", "link_type"]),
            index("register_import", &["kind", "imported_at"]),
        ];
        create(manager, tables, indices).await?;
        manager.execute(regions()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables =
            ["register_import", "school_link", "school", "trust", "local_authority", "region"];
        drop(manager, &tables).await
    }
}

/// One establishment of the register. The names of head teachers are in the extract and are
/// deliberately absent here.
fn school(manager: &SchemaManager<'_>) -> TableCreateStatement {
    table("school")
        .col(required("urn").integer())
        .col(sort_text(manager, "name"))
        .col(optional("local_authority_id").uuid())
        .col(optional("establishment_number").integer())
        .col(required("type_code").integer())
        .col(required("type_name").text())
        .col(word("status", &["open", "closed", "proposed_to_close", "proposed_to_open"]))
        .col(optional("opened_on").date())
        .col(optional("closed_on").date())
        .col(word(
            "phase",
            &[
                "not_applicable",
                "nursery",
                "primary",
                "middle_deemed_primary",
                "secondary",
                "middle_deemed_secondary",
                "sixteen_plus",
                "all_through",
            ],
        ))
        .col(optional("low_age").integer())
        .col(optional("high_age").integer())
        .col(optional("pupils").integer())
        .col(optional("percent_fsm").double())
        .col(optional("trust_flag").integer())
        .col(optional("trust_id").uuid())
        .col(optional("ukprn").integer())
        .col(optional("street").text())
        .col(optional("locality").text())
        .col(optional("address3").text())
        .col(optional("town").text())
        .col(optional("county").text())
        .col(optional("postcode").text())
        .col(optional("website").text())
        .col(optional("region_id").uuid())
        .col(optional("easting").integer())
        .col(optional("northing").integer())
        .col(optional("ofsted_rating").text())
        .col(required("register_hash").big_integer())
        .col(moment("changed_at"))
        .foreign_key(&mut references("school", "local_authority_id", "local_authority"))
        .foreign_key(&mut references("school", "trust_id", "trust"))
        .foreign_key(&mut references("school", "region_id", "region"))
        .to_owned()
}

/// The nine regions of England under their GIAS codes, with fixed ids, so that they are there
/// before any register is.
fn regions() -> InsertStatement {
    let rows = [
        ("A", "North East", 1),
        ("B", "North West", 2),
        ("D", "Yorkshire and the Humber", 3),
        ("E", "East Midlands", 4),
        ("F", "West Midlands", 5),
        ("G", "East of England", 6),
        ("H", "London", 7),
        ("J", "South East", 8),
        ("K", "South West", 9),
    ];
    let mut insert = Query::insert();
    insert.into_table("region").columns(["id", "code", "name"]);
    for (code, name, number) in rows {
        let id =
            sea_orm::prelude::Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000 + number);
        insert.values_panic([id.into(), code.into(), name.into()]);
    }
    insert
}
