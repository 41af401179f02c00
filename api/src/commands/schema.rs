//! `api schema`: the GraphQL schema as SDL.

/// Prints the schema.
///
/// # Errors
/// Not written yet.
pub fn run() -> anyhow::Result<()> {
    anyhow::bail!("not written yet")
}
