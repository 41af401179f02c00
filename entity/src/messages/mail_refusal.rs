//! A mail server's refusal of a recipient, in words that may mean that there is no such address.

use sea_orm::entity::prelude::*;

/// A refusal of a recipient in vague words.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_refusal")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The address, as addresses are compared.
    pub address: String,
    /// When it was refused.
    pub refused_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
