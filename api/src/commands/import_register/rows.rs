//! From what the register says to a row of our table.

use chrono::{DateTime, Utc};
use entity::schools::school;
use rules::register::{Column, Columns, Establishment};
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

/// The rows a school refers to.
pub struct Belongs {
    /// Its local authority.
    pub authority: Option<Uuid>,
    /// Its trust.
    pub trust: Option<Uuid>,
    /// Its region.
    pub region: Option<Uuid>,
}

/// The row of a school, changed now.
pub fn school(
    id: Uuid,
    it: Establishment,
    belongs: &Belongs,
    hash: i64,
    now: DateTime<Utc>,
) -> school::ActiveModel {
    school::ActiveModel {
        id: Set(id),
        urn: Set(it.urn),
        name: Set(it.name),
        local_authority_id: Set(belongs.authority),
        establishment_number: Set(it.establishment_number),
        type_code: Set(it.type_code),
        type_name: Set(it.type_name),
        status: Set(<&str>::from(it.status).to_owned()),
        opened_on: Set(it.opened_on),
        closed_on: Set(it.closed_on),
        phase: Set(<&str>::from(it.phase).to_owned()),
        low_age: Set(it.low_age),
        high_age: Set(it.high_age),
        pupils: Set(it.pupils),
        percent_fsm: Set(it.percent_fsm),
        trust_flag: Set(it.trust_flag),
        trust_id: Set(belongs.trust),
        ukprn: Set(it.ukprn),
        street: Set(it.street),
        locality: Set(it.locality),
        address3: Set(it.address3),
        town: Set(it.town),
        county: Set(it.county),
        postcode: Set(it.postcode),
        website: Set(it.website),
        region_id: Set(belongs.region),
        easting: Set(it.easting),
        northing: Set(it.northing),
        ofsted_rating: Set(it.ofsted_rating),
        register_hash: Set(hash),
        changed_at: Set(now),
    }
}

/// What a file without its columns says nothing about: the register's columns come and go, and what
/// an earlier file told stays true until another tells otherwise.
pub fn absent(columns: &Columns) -> Vec<school::Column> {
    use school::Column as Kept;
    let told_by: [(Kept, &[Column]); 21] = [
        (Kept::EstablishmentNumber, &[Column::EstablishmentNumber]),
        (Kept::OpenedOn, &[Column::OpenDate]),
        (Kept::ClosedOn, &[Column::CloseDate]),
        (Kept::LowAge, &[Column::LowAge]),
        (Kept::HighAge, &[Column::HighAge]),
        (Kept::Pupils, &[Column::Pupils]),
        (Kept::PercentFsm, &[Column::PercentFsm]),
        (Kept::TrustFlag, &[Column::TrustFlagCode, Column::TrustFlagName]),
        (Kept::TrustId, &[Column::TrustCode, Column::TrustName]),
        (Kept::Ukprn, &[Column::Ukprn]),
        (Kept::Street, &[Column::Street]),
        (Kept::Locality, &[Column::Locality]),
        (Kept::Address3, &[Column::Address3]),
        (Kept::Town, &[Column::Town]),
        (Kept::County, &[Column::County]),
        (Kept::Postcode, &[Column::Postcode]),
        (Kept::Website, &[Column::Website]),
        (Kept::RegionId, &[Column::RegionCode, Column::RegionName]),
        (Kept::Easting, &[Column::Easting]),
        (Kept::Northing, &[Column::Northing]),
        (Kept::OfstedRating, &[Column::OfstedRating]),
    ];
    let is_absent = |told_by: &[Column]| told_by.iter().all(|by| columns.position(*by).is_none());
    told_by.into_iter().filter(|(_, by)| is_absent(by)).map(|(kept, _)| kept).collect()
}
