//! The door: GraphQL handler, principals, health, and the pages that links in mails open.

pub mod pages;
