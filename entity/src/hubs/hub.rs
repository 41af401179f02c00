//! A hub: a lead setting and the partners it supports.

use sea_orm::entity::prelude::*;

/// A hub: a lead setting and the partners it supports.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hub")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The programme.
    pub programme_id: Uuid,
    /// Key within the programme.
    pub key: String,
    /// Name.
    pub name: String,
    /// The lead school or trust.
    pub lead_setting_id: Uuid,
    /// Region served.
    pub region_id: Option<Uuid>,
    /// Wave in which it opened.
    pub wave: Option<String>,
    /// Fewest partners it should support.
    pub capacity_min: Option<i32>,
    /// Most partners it can support.
    pub capacity_max: Option<i32>,
    /// First day.
    pub opened_on: Date,
    /// Last day, when closed.
    pub closed_on: Option<Date>,
    /// Rises with every change.
    pub version: i32,
    /// Address at which several of it read what is answered to its mails; nobody's own.
    pub email: Option<String>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
