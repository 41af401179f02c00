//! Signing in.

mod dfe;
pub mod oidc;
mod session;
