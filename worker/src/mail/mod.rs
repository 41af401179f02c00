//! Mail: what it says, its bytes, and where they go.

pub mod bulletin;
pub mod digest;
mod folder;
pub mod render;
pub mod sign_in;
mod smtp;
pub mod survey;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use lettre::Address;
use lettre::message::Mailbox;
use rules::messages::Refused;
use runtime::config::MailConfig;
use uuid::Uuid;

/// Where mail goes.
#[derive(Clone)]
pub enum Destination {
    /// One `.eml` file each in this folder.
    Folder(PathBuf),
    /// A mail server.
    Smtp(Box<smtp::Smtp>),
    /// Nowhere: it counts as delivered, and nobody gets it.
    Nowhere,
}

/// Why a message was not taken. Nothing was delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setback {
    /// For how long, and what else with it.
    pub refused: Refused,
    /// A sentence for its story, without personal data.
    pub reason: String,
}

/// What became of the bytes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// They were taken; a sentence for its story.
    Accepted(String),
    /// They were refused.
    Refused(Setback),
    /// Nobody can say.
    Uncertain,
}

impl Destination {
    /// Where these settings send mail of this sender.
    ///
    /// # Errors
    /// A mail server or certificate that cannot be used.
    pub fn of(config: &MailConfig, sender: &Mailbox) -> anyhow::Result<Self> {
        Ok(match config.server()? {
            Some(server) => {
                Self::Smtp(Box::new(smtp::Smtp::of(server, config, sender.email.domain())?))
            }
            None => Self::Folder(config.folder.clone()),
        })
    }

    /// Makes sure that mail can go there at all, before anything is decided. A mail server that is
    /// away comes back; mail waits for it.
    ///
    /// # Errors
    /// The folder cannot be made or written to.
    pub fn check(&self) -> anyhow::Result<()> {
        match self {
            Self::Folder(folder) => {
                folder::prepare(folder).context("the setting mail.folder cannot be used")
            }
            Self::Smtp(_) | Self::Nowhere => Ok(()),
        }
    }

    /// Refuses a pretended time where mail leaves the house: people would get mail of another day.
    ///
    /// # Errors
    /// The settings name a mail server.
    pub fn allow_pretended_time(config: &MailConfig) -> anyhow::Result<()> {
        anyhow::ensure!(
            config.smtp_url.is_empty(),
            "--now is only for mail that goes to a folder, and the setting mail.smtp_url (SMTP_URL) \
             names a mail server: people would get mail of another day"
        );
        Ok(())
    }

    /// Somebody who carries messages there, one after the other.
    pub(crate) fn carrier(&self) -> Carrier<'_> {
        match self {
            Self::Folder(folder) => Carrier::Folder(folder),
            Self::Smtp(smtp) => Carrier::Smtp(Box::new(smtp.line())),
            Self::Nowhere => Carrier::Nowhere,
        }
    }
}

/// Carries messages one after the other: each is offered, and once that is written down, handed
/// over or abandoned.
pub(crate) enum Carrier<'a> {
    /// Into a folder.
    Folder(&'a Path),
    /// To a mail server.
    Smtp(Box<smtp::Line<'a>>),
    /// Nowhere.
    Nowhere,
}

impl Carrier<'_> {
    /// Offers a message up to the point from which on it may arrive.
    pub(crate) async fn offer(
        &mut self,
        from: &Address,
        to: &Address,
        bytes: &[u8],
    ) -> Result<(), Setback> {
        match self {
            Self::Folder(_) | Self::Nowhere => Ok(()),
            Self::Smtp(line) => line.offer(from, to, bytes).await,
        }
    }

    /// Hands over the bytes of the message offered last. A repeat takes the place of what an
    /// earlier hand-over left, or carries the same Message-ID.
    pub(crate) async fn hand_over(&mut self, id: Uuid, bytes: &[u8]) -> Outcome {
        match self {
            Self::Folder(folder) => match folder::write(folder, id, bytes).await {
                Ok(detail) => Outcome::Accepted(detail),
                Err(error) => {
                    let reason = format!("It could not be written to the mail folder: {error}.");
                    Outcome::Refused(Setback { refused: Refused::ForNow, reason })
                }
            },
            Self::Smtp(line) => line.send(bytes).await,
            Self::Nowhere => Outcome::Accepted("Simulated.".to_owned()),
        }
    }

    /// Forgets the message offered last.
    pub(crate) fn abandon(&mut self) {
        match self {
            Self::Folder(_) | Self::Nowhere => {}
            Self::Smtp(line) => line.abandon(),
        }
    }

    /// No more messages.
    pub(crate) async fn close(self) {
        match self {
            Self::Folder(_) | Self::Nowhere => {}
            Self::Smtp(line) => line.close().await,
        }
    }
}
