//! The register in the graph. It is public, so everyone signed in sees all of it.

use entity::hubs::hub;
use entity::people::setting;
use entity::schools::{local_authority, region, school, trust};
use entity::scope::Scope;
use rules::register::{Phase, SchoolStatus, TrustKind};

use crate::read::map::{
    Filter, Type, Vocabulary, any_of, asc, column, contains, is, many, one, one_back, refers, root,
    table, word,
};

impl Vocabulary for SchoolStatus {
    const NAME: &'static str = "SchoolStatus";
    const ABOUT: &'static str = "GIAS establishment status.";
}

impl Vocabulary for Phase {
    const NAME: &'static str = "Phase";
    const ABOUT: &'static str = "GIAS phase of education.";
}

impl Vocabulary for TrustKind {
    const NAME: &'static str = "TrustKind";
    const ABOUT: &'static str = "What kind of trust the register says it is.";
}

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![school(), trust(), local_authority(), region()]
}

fn school() -> Type {
    use school::Column as C;
    Type {
        name: "School",
        about: "An establishment of the register (GIAS), by its URN.",
        table: table(school::Entity),
        scope: Scope::everyone,
        root: root("schools", "All schools of the register, closed ones included."),
        fields: vec![
            column("urn", C::Urn, "Unique reference number."),
            column("name", C::Name, "Name as in the register."),
            word::<SchoolStatus>("status", C::Status, "Whether it is open."),
            word::<Phase>("phase", C::Phase, "Phase of education."),
            column("typeCode", C::TypeCode, "GIAS type of establishment, as a number."),
            column("typeName", C::TypeName, "GIAS type of establishment, in words."),
            column(
                "establishmentNumber",
                C::EstablishmentNumber,
                "Number inside the local authority.",
            ),
            column("ukprn", C::Ukprn, "UK provider reference number."),
            column("openedOn", C::OpenedOn, "Day of opening, when known."),
            column("closedOn", C::ClosedOn, "Day of closing, when known."),
            column("lowAge", C::LowAge, "Statutory lowest age, in years."),
            column("highAge", C::HighAge, "Statutory highest age, in years."),
            column("pupils", C::Pupils, "Number of pupils on roll."),
            column(
                "percentFsm",
                C::PercentFsm,
                "Share of pupils eligible for free school meals, 0 to 100.",
            ),
            column("street", C::Street, "Address line."),
            column("locality", C::Locality, "Address line."),
            column("address3", C::Address3, "Address line."),
            column("town", C::Town, "Town."),
            column("county", C::County, "County."),
            column("postcode", C::Postcode, "Postcode."),
            column("website", C::Website, "Website as in the register, not checked."),
            column("easting", C::Easting, "Ordnance Survey easting, in metres."),
            column("northing", C::Northing, "Ordnance Survey northing, in metres."),
            column(
                "ofstedRating",
                C::OfstedRating,
                "Latest Ofsted rating, when the register carries it.",
            ),
            column("changedAt", C::ChangedAt, "When an import last changed it."),
            one("trust", "Trust", C::TrustId, "Its trust, when in one."),
            one("localAuthority", "LocalAuthority", C::LocalAuthorityId, "Its local authority."),
            one("region", "Region", C::RegionId, "Its region; null outside England."),
            one_back(
                "setting",
                "Setting",
                setting::Column::SchoolId,
                "The setting it is in programmes it takes part in; null if it takes part in none, or you may not see it.",
            ),
        ],
        filters: school_filters(),
        orders: vec![asc("NAME", C::Name), asc("URN", C::Urn)],
    }
}

fn school_filters() -> Vec<Filter> {
    use school::Column as C;
    vec![
        contains("nameContains", C::Name, "With this text in the name, whatever its case."),
        is("urn", C::Urn, "With this URN."),
        is("postcode", C::Postcode, "With exactly this postcode."),
        any_of::<SchoolStatus>("status", C::Status, "With one of these statuses."),
        any_of::<Phase>("phase", C::Phase, "Of one of these phases."),
        refers("localAuthority", "LocalAuthority", C::LocalAuthorityId, "In this local authority."),
        refers("region", "Region", C::RegionId, "In this region."),
        refers("trust", "Trust", C::TrustId, "In this trust."),
    ]
}

fn trust() -> Type {
    use trust::Column as C;
    Type {
        name: "Trust",
        about: "An academy trust, or a trust supporting maintained schools, of the register.",
        table: table(trust::Entity),
        scope: Scope::everyone,
        root: root("trusts", "All trusts of the register."),
        fields: vec![
            column("code", C::Code, "GIAS group code."),
            column("name", C::Name, "Name as in the register."),
            word::<TrustKind>("kind", C::Kind, "What kind of trust it is."),
            many("schools", "School", school::Column::TrustId, "Its schools."),
            one_back(
                "setting",
                "Setting",
                setting::Column::TrustId,
                "The trust as a taker of part in programmes, if it is one you may see.",
            ),
        ],
        filters: vec![
            contains("nameContains", C::Name, "With this text in the name, whatever its case."),
            is("code", C::Code, "With this GIAS group code."),
            any_of::<TrustKind>("kind", C::Kind, "Of one of these kinds."),
        ],
        orders: vec![asc("NAME", C::Name)],
    }
}

fn local_authority() -> Type {
    use local_authority::Column as C;
    Type {
        name: "LocalAuthority",
        about: "A local authority of the register.",
        table: table(local_authority::Entity),
        scope: Scope::everyone,
        root: root("localAuthorities", "All local authorities of the register."),
        fields: vec![
            column("code", C::Code, "GIAS code."),
            column("name", C::Name, "Name as in the register."),
            one(
                "region",
                "Region",
                C::RegionId,
                "Region in which most of its schools lie; null outside England.",
            ),
            many("schools", "School", school::Column::LocalAuthorityId, "Its schools."),
        ],
        filters: vec![
            is("code", C::Code, "With this GIAS code."),
            contains("nameContains", C::Name, "With this text in the name, whatever its case."),
            refers("region", "Region", C::RegionId, "In this region."),
        ],
        orders: vec![asc("NAME", C::Name), asc("CODE", C::Code)],
    }
}

fn region() -> Type {
    use region::Column as C;
    Type {
        name: "Region",
        about: "One of the nine regions of England.",
        table: table(region::Entity),
        scope: Scope::everyone,
        root: root("regions", "The regions."),
        fields: vec![
            column("code", C::Code, "GIAS code, a letter."),
            column("name", C::Name, "Name as DfE writes it."),
            many(
                "localAuthorities",
                "LocalAuthority",
                local_authority::Column::RegionId,
                "Its local authorities.",
            ),
            many("schools", "School", school::Column::RegionId, "Its schools."),
            many("hubs", "Hub", hub::Column::RegionId, "The hubs that serve it."),
        ],
        filters: vec![is("code", C::Code, "With this GIAS code.")],
        orders: vec![asc("NAME", C::Name)],
    }
}
