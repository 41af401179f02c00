//! The api of Hubs: the programme graph over GraphQL, the pages that links in mails open, and the
//! commands that load data.

pub mod act;
pub mod app;
pub mod audit;
pub mod commands;
pub mod engagement;
pub mod enrolments;
pub mod events;
pub mod http;
pub mod hubs;
pub mod messages;
pub mod metrics;
pub mod operations;
pub mod people;
pub mod plans;
pub mod programme;
pub mod read;
pub mod schema;
pub mod schools;
pub mod surveys;
pub mod visits;
