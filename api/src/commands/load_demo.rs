//! `api load-demo`: the invented demo programme.

use crate::app::App;

/// Runs the command.
///
/// # Errors
/// Not written yet.
pub async fn run(_app: &App) -> anyhow::Result<()> {
    anyhow::bail!("not written yet")
}
