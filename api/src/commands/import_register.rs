//! `api import-register`: the register of schools from a GIAS extract.

use std::path::PathBuf;

use crate::app::App;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file.
    pub file: PathBuf,
    /// The links file of the same day.
    #[arg(long)]
    pub links: Option<PathBuf>,
    /// Import although far fewer schools are in the file than last time.
    #[arg(long)]
    pub force: bool,
}

/// Runs the command.
///
/// # Errors
/// Not written yet.
pub async fn run(_app: &App, _arguments: &Arguments) -> anyhow::Result<()> {
    anyhow::bail!("not written yet")
}
