//! One establishment of the register (GIAS), by its URN. Head teachers' names are not kept.

use sea_orm::entity::prelude::*;

/// One establishment of the register (GIAS), by its URN. Head teachers' names are not kept.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "school")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Unique reference number.
    pub urn: i32,
    /// Name as in the register.
    pub name: String,
    /// Local authority, when the code is a real one.
    pub local_authority_id: Option<Uuid>,
    /// Establishment number inside the local authority.
    pub establishment_number: Option<i32>,
    /// GIAS type of establishment, as a number.
    pub type_code: i32,
    /// GIAS type of establishment, in words.
    pub type_name: String,
    /// `rules::register::SchoolStatus` as text.
    pub status: String,
    /// Day of opening, when known.
    pub opened_on: Option<Date>,
    /// Day of closing, when known.
    pub closed_on: Option<Date>,
    /// `rules::register::Phase` as text.
    pub phase: String,
    /// Statutory lowest age, in years.
    pub low_age: Option<i32>,
    /// Statutory highest age, in years.
    pub high_age: Option<i32>,
    /// Number of pupils on roll.
    pub pupils: Option<i32>,
    /// Share of pupils eligible for free school meals, 0 to 100.
    pub percent_fsm: Option<f64>,
    /// GIAS trust school flag: 1 supported by a trust, 3 multi-academy trust.
    pub trust_flag: Option<i32>,
    /// Trust, when in one.
    pub trust_id: Option<Uuid>,
    /// UK provider reference number.
    pub ukprn: Option<i32>,
    /// Address line.
    pub street: Option<String>,
    /// Address line.
    pub locality: Option<String>,
    /// Address line.
    pub address3: Option<String>,
    /// Town.
    pub town: Option<String>,
    /// County.
    pub county: Option<String>,
    /// Postcode, empty for some.
    pub postcode: Option<String>,
    /// Website as in the register, not checked.
    pub website: Option<String>,
    /// Region; empty outside England.
    pub region_id: Option<Uuid>,
    /// Ordnance Survey easting, metres.
    pub easting: Option<i32>,
    /// Ordnance Survey northing, metres.
    pub northing: Option<i32>,
    /// Latest Ofsted rating, when the extract carries it.
    pub ofsted_rating: Option<String>,
    /// Hash of the columns kept, so that an unchanged row is known without comparing it.
    pub register_hash: i64,
    /// When an import last changed the row.
    pub changed_at: DateTimeUtc,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
