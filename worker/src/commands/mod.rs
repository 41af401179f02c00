//! What an operator says to the worker on the command line: one file per command.

pub mod jobs;
pub mod pause;
pub mod replay;
pub mod settle;

use std::io::Write as _;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use entity::outcome::{Refusal, StoreError};
use rules::calendar::local;

/// Prints what a command found or did.
fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("the answer cannot be written")
}

/// A moment as people in London say it.
fn in_london(moment: DateTime<Utc>) -> String {
    local(moment).format("%a %-d %B %Y %H:%M").to_string()
}

/// A refusal, after the option that it is about if there is one of that name.
fn with_option(refusal: &Refusal) -> String {
    match refusal.field {
        Some(field @ ("until" | "why")) => format!("--{field}: {}", refusal.message),
        _ => refusal.message.clone(),
    }
}

/// A refusal as the end of a command: its sentences, one after the other.
fn told(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Refused(refusal) => {
            let all = std::iter::once(&refusal).chain(&refusal.also);
            let all: Vec<_> = all.map(with_option).collect();
            anyhow::anyhow!(all.join(" "))
        }
        error => error.into(),
    }
}
