//! The journeys' world: databases of both kinds, made for one test and gone after it.
//!
//! A test that touches a database is written once and runs on both through [`both`].

pub mod arranged;
pub mod browser;
pub mod deeds;
pub mod hostile;
pub mod mails;
pub mod moves;
pub mod node;
pub mod notices;
pub mod oidc;
pub mod openmetrics;
pub mod pages;
pub mod postgres;
pub mod programs;
pub mod python;
pub mod redis;
pub mod refusal;
pub mod rise;
pub mod roles_api;
pub mod script;
pub mod server;
pub mod smtp;
pub mod socket;
pub mod survey;
pub mod tokens;
pub mod waiting;
pub mod working;
pub mod world;

pub use waiting::until;
pub use world::{World, both, on_postgres};
