//! Who did what, when, and what it changed.

pub mod changes;
pub mod map;
