//! TLS for every connection: one provider of cryptography for the whole process.

/// Makes `ring` the provider, so that no library has to guess. Call it first in `main`; a second
/// call changes nothing.
pub fn install() {
    // An error only says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
