//! The api of Hubs: the programme graph over GraphQL, the pages that links in mails open, and the
//! commands that load data.

pub mod app;
pub mod commands;
pub mod http;
pub mod read;
