//! Settings, people, contacts and roles.

pub mod map;
