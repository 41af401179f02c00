//! One row of the register's links file: a predecessor or successor, as stated by one side.

use sea_orm::entity::prelude::*;

/// One row of the register's links file: a predecessor or successor, as stated by one side.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "school_link")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The school whose entry states the link.
    pub urn: i32,
    /// The other school.
    pub link_urn: i32,
    /// Name of the other school as stated.
    pub link_name: String,
    /// GIAS link type, such as `Successor - merged`.
    pub link_type: String,
    /// Day of the link; often blank in the register.
    pub established_on: Option<Date>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
