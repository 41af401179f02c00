//! Settings, people, contacts and roles.

pub mod map;
pub mod mutations;
pub mod sign_in;
