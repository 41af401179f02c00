//! Hubs and their lead settings.

pub mod hub;

mod store;

pub use store::{HubWish, put_hub};
