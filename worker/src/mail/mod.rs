//! Mail: what it says, its bytes, and where they go.

pub mod digest;
mod folder;
pub mod render;

use std::path::PathBuf;

use runtime::config::MailConfig;
use uuid::Uuid;

/// Where mail goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// One `.eml` file each in this folder.
    Folder(PathBuf),
    /// Nowhere: it counts as delivered, and nobody gets it.
    Nowhere,
}

impl Destination {
    /// Where these settings send mail.
    #[must_use]
    pub fn of(config: &MailConfig) -> Self {
        Self::Folder(config.folder.clone())
    }

    /// Makes sure that mail can go there at all, before anything is decided.
    ///
    /// # Errors
    /// The folder cannot be made or written to.
    pub fn check(&self) -> std::io::Result<()> {
        match self {
            Self::Folder(folder) => folder::prepare(folder),
            Self::Nowhere => Ok(()),
        }
    }

    /// Refuses a pretended time where mail leaves the house: people would get mail of another day.
    ///
    /// # Errors
    /// Mail does not go to a folder.
    pub fn allow_pretended_time(&self) -> anyhow::Result<()> {
        match self {
            Self::Folder(_) | Self::Nowhere => Ok(()),
        }
    }

    /// Hands the bytes of a message over and says, for its story, where they went. A repeat takes
    /// the place of what an earlier hand-over left.
    ///
    /// # Errors
    /// Nothing was delivered.
    pub async fn hand_over(&self, id: Uuid, bytes: &[u8]) -> std::io::Result<String> {
        match self {
            Self::Folder(folder) => folder::write(folder, id, bytes).await,
            Self::Nowhere => Ok("Simulated.".to_owned()),
        }
    }
}
