//! `api schema`: the GraphQL schema as SDL.

use std::io::Write as _;

/// Prints the schema.
///
/// # Errors
/// Standard output is closed.
pub fn run() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(crate::schema::sdl().as_bytes())?;
    Ok(())
}
