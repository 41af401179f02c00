//! Reminders, the messages they travel in, and the timetable.
//!
//! The stages follow one another, each restartable alone: [`reminders`] are planned from
//! [`facts`], [`digests`] bundle what is due into one message a person and day, and the [`outbox`]
//! hands messages to workers and keeps their story.

pub mod account;
pub mod bulletin;
pub mod bulletin_hours;
pub mod bulletins;
pub mod choices;
pub mod digests;
pub mod facts;
pub mod feedback;
pub mod forgetting;
pub mod handovers;
pub mod health;
pub mod letters;
pub mod mail_feedback;
pub mod mail_refusal;
pub mod message;
pub mod message_event;
pub mod notices;
pub mod occurrence;
pub mod outbox;
pub mod parcels;
mod past;
pub mod refusals;
pub mod reminder;
pub mod reminders;
pub mod story;
pub mod suppression;
pub mod suppressions;
pub mod timetable;
pub mod unwanted_mail;
pub mod upcoming;
pub mod worker_presence;

use std::collections::HashSet;

use rules::reminders::ReminderState;
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, StatementBuilder};
use uuid::Uuid;

use crate::outcome::StoreError;

/// Ids in one statement: well below SQLite's limit of bound values.
const BATCH: usize = 500;

/// Makes this transaction the only one that plans or bundles reminders until it ends. Both read in
/// several statements what they then write by; a second one in between would have them mix two
/// states. On SQLite the one writer is alone anyway.
async fn alone(txn: &DatabaseTransaction) -> Result<(), StoreError> {
    /// Any number that nobody else locks by.
    const REMINDERS: i64 = 5_102_026;
    if txn.get_database_backend() == DbBackend::Postgres {
        txn.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({REMINDERS})")).await?;
    }
    Ok(())
}

/// What a list of values that a statement is given is called in it.
const GIVEN: &str = "given";

/// A column of that list, counted from 1. Both databases call the columns of a list of values so.
fn given(number: u8) -> Expr {
    Expr::col((Alias::new(GIVEN), Alias::new(format!("column{number}"))))
}

/// That a reminder is planned, word for word as the index over those says it: with a bound value
/// SQLite would not see that they are the same.
fn planned() -> Expr {
    Expr::col((reminder::Entity, reminder::Column::State))
        .eq(Expr::Constant(text(ReminderState::Planned).into()))
}

/// Runs a statement that returns the ids of the rows it wrote.
async fn ids_of(
    txn: &DatabaseTransaction,
    statement: &impl StatementBuilder,
) -> Result<HashSet<Uuid>, StoreError> {
    let rows = txn.query_all(statement).await?;
    let ids = rows.iter().map(|row| row.try_get_by_index(0));
    Ok(ids.collect::<Result<_, _>>()?)
}

/// The text of a word.
pub(crate) fn text<T: Into<&'static str>>(word: T) -> String {
    word.into().to_owned()
}
