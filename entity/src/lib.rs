//! The tables of Hubs and, per area, the named reads and transactional writes over them.
//!
//! Every read that answers a person takes a [`scope::Scope`]; the worker reads as
//! [`scope::Scope::System`]. No store function opens a transaction of its own: the caller passes
//! one, so that a decision and its effects commit together or not at all.

pub mod audit;
pub mod engagement;
pub mod enrolments;
pub mod events;
pub mod hubs;
pub mod id;
pub mod messages;
pub mod operations;
pub mod outcome;
pub mod people;
pub mod plans;
pub mod programme;
pub mod schools;
pub mod scope;
pub mod snapshot;
pub mod surveys;
pub mod visits;
pub mod write;
