//! Settings in programmes, people, their contacts, roles and tokens.

pub mod access_token;
pub mod contact;
pub mod instance_secret;
pub mod person;
pub mod role_grant;
pub mod secrets;
pub mod setting;
