//! The register of schools: regions, local authorities, trusts, schools and their links.

pub mod local_authority;
pub mod region;
pub mod register_import;
pub mod school;
pub mod school_link;
pub mod trust;
