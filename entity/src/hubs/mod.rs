//! Hubs and their lead settings.

pub mod hub;
