//! What an operator says to the worker on the command line: one file per command.

pub mod jobs;
pub mod pause;
pub mod replay;

use std::io::Write as _;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use entity::outcome::StoreError;
use rules::calendar::local;

/// Prints what a command found or did.
fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("the answer cannot be written")
}

/// A moment as people in London say it.
fn in_london(moment: DateTime<Utc>) -> String {
    local(moment).format("%a %-d %B %Y %H:%M").to_string()
}

/// A refusal as the end of a command: its sentences, one after the other.
fn told(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Refused(refusal) => {
            let also = refusal.also.iter().map(|refusal| refusal.message.as_str());
            let all: Vec<_> = std::iter::once(refusal.message.as_str()).chain(also).collect();
            anyhow::anyhow!(all.join(" "))
        }
        error => error.into(),
    }
}
