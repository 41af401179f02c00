//! Settings in programmes, people, their contacts, roles and tokens.

pub mod access_token;
pub mod contact;
pub mod contacts;
pub mod grants;
pub mod instance_secret;
pub mod person;
pub mod principal;
pub mod role_grant;
pub mod secrets;
pub mod setting;
pub mod settings;
pub mod tokens;
