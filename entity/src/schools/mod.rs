//! The register of schools: regions, local authorities, trusts, schools and their links.

pub mod local_authority;
pub mod region;
pub mod register_import;
pub mod school;
pub mod school_link;
mod standing;
mod store;
pub mod trust;

pub use standing::standing_for;
pub use store::{
    KnownSchool, known_schools, rename_settings, school_by_urn, trust_by_code, write_links,
    write_local_authorities, write_schools, write_trusts,
};
