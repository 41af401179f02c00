//! `api import-bank-holidays`: the gov.uk feed.

use std::path::PathBuf;

use crate::app::App;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file.
    pub file: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// Not written yet.
pub async fn run(_app: &App, _arguments: &Arguments) -> anyhow::Result<()> {
    anyhow::bail!("not written yet")
}
