//! `worker explain`: the story of a message, or why somebody was or was not reminded of an obligation.
//! It reads and changes nothing. People are named by their ids alone, unless their names are asked for.

mod print;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use entity::enrolments::obligation;
use entity::messages::facts::Book;
use entity::messages::{account, story};
use entity::people::person;
use rules::messages::MessageKind;
use rules::reminders::{Account, next};
use rules::standstill::Standstill;
use runtime::config::Config;
use runtime::database::Database;
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _};
use serde::Serialize;
use uuid::Uuid;

/// What to explain.
#[derive(Args)]
pub struct Explain {
    #[command(subcommand)]
    what: What,
    /// As JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
    /// Name people too. Without it they are told by their ids, so that what is said can be passed on.
    #[arg(long, global = true)]
    names: bool,
}

#[derive(Subcommand)]
enum What {
    /// A message: what it carried, each step with its reason, and what came back.
    Message {
        /// Its id, as in the log or in the graph.
        #[arg(value_parser = id)]
        id: Uuid,
    },
    /// An obligation: each of its reminders, why it went or did not, and when the next goes.
    Obligation {
        /// Its id, as in the graph or in the database.
        #[arg(value_parser = id)]
        id: Uuid,
        /// Only reminders to the person of this id.
        #[arg(long, value_parser = id)]
        person: Option<Uuid>,
    },
}

/// An id as the database has it, or a global one of the graph.
pub(crate) fn id(text: &str) -> Result<Uuid, String> {
    let global = || {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (name, row) = bytes.split_at_checked(bytes.len().checked_sub(16)?)?;
        name.ends_with(b":").then(|| Uuid::from_slice(row).ok())?
    };
    Uuid::try_parse(text).ok().or_else(global).ok_or_else(|| {
        "give an id such as 0199b2f0-7c1e-7000-8000-000000000001, or one of the graph".to_owned()
    })
}

/// The story of a message.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OfMessage {
    id: Uuid,
    kind: String,
    state: String,
    person: Uuid,
    /// Their name, if names were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    subject: Option<String>,
    message_id: Option<String>,
    attempts: i32,
    /// What stands still and keeps it from going, while it still may go.
    waits_for: Vec<Waits>,
    /// When it may go, if it still may.
    waits_until: Option<DateTime<Utc>>,
    expires_at: DateTime<Utc>,
    events: Vec<Step>,
    reminders: Vec<Carried>,
    feedback: Vec<Feedback>,
    /// Why mail is kept back from its reader's address at present, all or only what is no duty.
    suppressed: Option<&'static str>,
    /// What that means for this message, in words.
    suppressed_means: Option<String>,
}

/// A job or a mail lane that stands still.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Waits {
    /// `job` or `mail_lane`.
    kind: &'static str,
    name: String,
    /// When it goes on by itself, if somebody said.
    until: Option<DateTime<Utc>>,
    /// Why, in the words of whoever paused it.
    why: String,
    /// All of it in a sentence.
    says: String,
}

impl Waits {
    fn all(standstills: Vec<Standstill>) -> Vec<Self> {
        let told = standstills.into_iter().map(|one| {
            let says = one.says();
            Self { kind: one.kind.into(), name: one.name, until: one.until, why: one.why, says }
        });
        told.collect()
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    at: DateTime<Utc>,
    state: String,
    detail: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Carried {
    obligation: Uuid,
    step: String,
    state: String,
    reason: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    kind: String,
    status: String,
    source: String,
    happened_at: DateTime<Utc>,
    received_at: DateTime<Utc>,
}

/// What is to be said of the reminders of an obligation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OfObligation {
    id: Uuid,
    title: String,
    state: String,
    due_on: chrono::NaiveDate,
    setting: String,
    /// Whom alone it was asked about.
    #[serde(skip)]
    asked: Option<Uuid>,
    people: Vec<OfPerson>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OfPerson {
    person: Uuid,
    /// Their name, if names were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// When the next reminder goes, if one does.
    next: Option<DateTime<Utc>>,
    reminders: Vec<Told>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    step: String,
    revision: i32,
    day: chrono::NaiveDate,
    verdict: &'static str,
    at: Option<DateTime<Utc>>,
    why: String,
    /// What stands still and makes it late, or keeps it from going at all; `why` says it too.
    waits_for: Vec<Waits>,
    /// Why its time passed without it, if it did: a word of `rules::reminders::PassedReason`.
    passed: Option<&'static str>,
    /// The mail that it went in, or is to go in.
    message: Option<Uuid>,
}

/// Explains, as of `now`, and returns what to print.
///
/// # Errors
/// A database that does not answer, or nothing of that id.
pub async fn run(
    config: &Config,
    now: DateTime<Utc>,
    Explain { what, json, names }: &Explain,
) -> anyhow::Result<String> {
    let db = Database::open_existing(&config.database)
        .await
        .context("the database of the setting database.url (DATABASE_URL) does not answer")?;
    Ok(match what {
        What::Message { id } => {
            let mut told = message(&db, now, *id).await?;
            if *names {
                told.name = name(&db, told.person).await?;
            }
            if *json { serde_json::to_string_pretty(&told)? } else { print::message(&told) }
        }
        What::Obligation { id, person } => {
            let mut told = obligation(&db, now, *id, *person).await?;
            if *names {
                for of in &mut told.people {
                    of.name = name(&db, of.person).await?;
                }
            }
            if *json { serde_json::to_string_pretty(&told)? } else { print::obligation(&told) }
        }
    })
}

async fn name(db: &Database, id: Uuid) -> anyhow::Result<Option<String>> {
    let found = person::Entity::find_by_id(id).one(db.reader()).await?;
    Ok(found.map(|person| person.name))
}

async fn message(db: &Database, now: DateTime<Utc>, id: Uuid) -> anyhow::Result<OfMessage> {
    let snapshot = db.snapshot().await?;
    let found = story::of_message(&snapshot, now, id).await?;
    snapshot.commit().await?;
    let story = found.with_context(|| format!("there is no message {id}"))?;
    let waits_until = story::waits_until(&story.message);
    let kind = story.message.kind.parse::<MessageKind>().ok();
    let suppressed_means = story.suppressed.zip(kind).map(|(reason, kind)| reason.for_mail(kind));
    let row = story.message;
    let events = story.events.into_iter();
    let reminders = story.reminders.into_iter();
    let feedback = story.feedback.into_iter();
    Ok(OfMessage {
        id,
        kind: row.kind,
        state: row.state,
        person: row.person_id,
        name: None,
        subject: row.subject,
        message_id: row.message_id_header,
        attempts: row.attempts,
        waits_for: Waits::all(story.waits_for),
        waits_until,
        expires_at: row.expires_at,
        events: events
            .map(|event| Step { at: event.happened_at, state: event.state, detail: event.detail })
            .collect(),
        reminders: reminders
            .map(|row| Carried {
                obligation: row.obligation_id,
                step: row.step,
                state: row.state,
                reason: row.reason,
            })
            .collect(),
        feedback: feedback
            .map(|row| Feedback {
                kind: row.kind,
                status: row.status,
                source: row.source,
                happened_at: row.happened_at,
                received_at: row.received_at,
            })
            .collect(),
        suppressed: story.suppressed.map(Into::into),
        suppressed_means,
    })
}

async fn obligation(
    db: &Database,
    now: DateTime<Utc>,
    id: Uuid,
    only: Option<Uuid>,
) -> anyhow::Result<OfObligation> {
    let snapshot = db.snapshot().await?;
    let book = Book::load(&snapshot).await?;
    let which = Condition::all().add(obligation::Column::Id.eq(id));
    let accounted = account::of_obligations(&snapshot, &book, now, which, true).await?;
    if let Some(id) = only {
        let found = person::Entity::find_by_id(id).one(&snapshot).await?;
        found.with_context(|| format!("there is no person {id}"))?;
    }
    snapshot.commit().await?;
    let one = accounted.into_iter().next();
    let one = one.with_context(|| format!("there is no obligation {id}"))?;
    let people = one.people.into_iter().filter(|(of, _)| only.is_none_or(|only| only == *of));
    let row = one.fact.row;
    Ok(OfObligation {
        id,
        title: row.title,
        state: row.state,
        due_on: row.due_on,
        setting: one.fact.setting_name,
        asked: only,
        people: people
            .map(|(person, accounts)| OfPerson {
                person,
                name: None,
                next: next(&accounts),
                reminders: accounts.into_iter().map(told).collect(),
            })
            .collect(),
    })
}

fn told(account: Account) -> Told {
    Told {
        step: account.step.to_string(),
        revision: account.revision,
        day: account.day,
        verdict: account.verdict.into(),
        at: account.at,
        why: account.why,
        waits_for: Waits::all(account.waits_for),
        passed: account.passed.map(Into::into),
        message: account.message_id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_as_the_database_or_the_graph_writes_it() {
        let row = Uuid::from_u128(7);
        let global = URL_SAFE_NO_PAD.encode([b"Message:".as_slice(), row.as_bytes()].concat());
        assert_eq!(id(&row.to_string()), Ok(row));
        assert_eq!(id(&global), Ok(row));
        for text in ["", "7", "nonsense", "TWVzc2FnZQ"] {
            assert!(id(text).is_err(), "{text}");
        }
    }
}
