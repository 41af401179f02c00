//! Settings in programmes, people, their contacts, roles, and how they sign in.

pub mod access_token;
pub mod admitting;
pub mod attempts;
pub mod contact;
pub mod contacts;
pub mod grants;
pub mod identity;
pub mod instance_secret;
mod known;
pub mod person;
pub mod principal;
pub mod role_grant;
pub mod secrets;
pub mod session;
pub mod sessions;
pub mod setting;
pub mod settings;
pub mod sign_in_attempt;
pub mod sign_in_link;
pub mod sign_in_links;
pub mod tokens;
