//! Signing in: by a link in a mail, at other people's services, and in the demonstration.

mod dfe;
pub mod oidc;
pub(super) mod pages;
pub(super) mod session;
