//! Mail: what it says, its bytes, and where they go.

pub(crate) mod answers;
pub mod booking;
pub mod bulletin;
pub mod critical;
pub mod digest;
pub mod dkim;
mod folder;
pub mod notice;
pub mod render;
pub mod sign_in;
mod smtp;
pub mod summary;
pub mod survey;
pub mod visit;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use lettre::Address;
use lettre::message::Mailbox;
use rules::messages::replies::Refused;
use runtime::config::MailConfig;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Where mail goes.
#[derive(Clone)]
pub enum Destination {
    /// One `.eml` file each in this folder.
    Folder(PathBuf),
    /// Mail servers.
    Smtp(Arc<smtp::Smtp>),
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
        let servers = config.servers()?;
        if servers.is_empty() {
            return Ok(Self::Folder(config.folder.clone()));
        }
        Ok(Self::Smtp(Arc::new(smtp::Smtp::of(servers, config, sender.email.domain())?)))
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

    /// How many messages may be on their way there at a time, and how many are worth claiming.
    pub(crate) fn room(&self, config: &MailConfig) -> Room {
        match self {
            Self::Folder(_) => Room { connections: config.connections, claims: 100 },
            Self::Smtp(smtp) => {
                let Range { start, end } = CLAIMS;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "kept between bounds"
                )]
                let claims = smtp.takes_within(AHEAD, config.connections).clamp(start, end) as u64;
                Room { connections: config.connections, claims }
            }
            // A simulation is the same each time.
            Self::Nowhere => Room { connections: 1, claims: 100 },
        }
    }

    /// Whether it is known that messages can go there.
    pub(crate) fn is_proved(&self) -> bool {
        !matches!(self, Self::Smtp(smtp) if !smtp.any_proved())
    }

    /// Whether many messages take long enough that others want their turn in between.
    pub(crate) fn takes_time(&self) -> bool {
        !matches!(self, Self::Nowhere)
    }

    /// Remembers how long a message took.
    pub(crate) fn took(&self, time: Duration) {
        if let Self::Smtp(smtp) = self {
            smtp.took(time);
        }
    }

    /// Whether nothing can go there for a while.
    pub(crate) fn rests(&self) -> bool {
        matches!(self, Self::Smtp(smtp) if smtp.all_rest())
    }

    /// Why nothing can go there, as the last try showed; none once something answers again.
    pub(crate) fn away(&self) -> Option<String> {
        match self {
            Self::Smtp(smtp) => smtp.away(),
            Self::Folder(_) | Self::Nowhere => None,
        }
    }

    /// Somebody who carries messages there, one after the other, until `cut` breaks it off.
    pub(crate) fn carrier(&self, number: usize, cut: CancellationToken) -> Carrier {
        match self {
            Self::Folder(folder) => Carrier::Folder(folder.clone()),
            Self::Smtp(smtp) => Carrier::Smtp(Box::new(smtp.line(number, cut))),
            Self::Nowhere => Carrier::Nowhere,
        }
    }
}

/// Fewest and most messages claimed at a time.
const CLAIMS: Range<f64> = 1.0..500.0;
/// As many are claimed as go within this time, so that the look before sending is fresh.
const AHEAD: Duration = Duration::from_secs(5);

/// How much fits on the way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Carriers at a time.
    pub(crate) connections: usize,
    /// Messages to claim at a time.
    pub(crate) claims: u64,
}

/// Whether a message may be offered now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It may.
    Go,
    /// Not before this time has passed.
    Wait(Duration),
    /// Nobody takes any for now.
    Rest,
}

/// Carries messages one after the other: each is offered, and once that is written down, handed
/// over or abandoned.
pub(crate) enum Carrier {
    /// Into a folder.
    Folder(PathBuf),
    /// To a mail server.
    Smtp(Box<smtp::Line>),
    /// Nowhere.
    Nowhere,
}

impl Carrier {
    /// Whether a message may be offered now. Who may does so, or abandons it.
    pub(crate) async fn turn(&mut self) -> Turn {
        match self {
            Self::Folder(_) | Self::Nowhere => Turn::Go,
            Self::Smtp(line) => line.turn().await,
        }
    }

    /// Where the message at hand goes, for whoever collects traces: a mail server by host and port.
    pub(crate) fn server(&self) -> String {
        match self {
            Self::Folder(_) => "folder".to_owned(),
            Self::Smtp(line) => line.server(),
            Self::Nowhere => "nowhere".to_owned(),
        }
    }

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
