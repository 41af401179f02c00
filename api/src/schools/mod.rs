//! The register of schools: schools, trusts, local authorities, regions.

pub mod map;
