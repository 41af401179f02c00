//! Signing in: by a link in a mail, at other people's services, and in the demonstration.

mod accounts;
mod by_link;
mod dfe;
mod heading;
pub mod oidc;
mod own_page;
pub(super) mod pages;
pub(super) mod session;
