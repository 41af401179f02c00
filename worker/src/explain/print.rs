//! What is explained, in plain English, with London times.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use rules::calendar::{in_words, local};
use uuid::Uuid;

use super::{OfMessage, OfObligation, OfPerson};

fn time(at: DateTime<Utc>) -> String {
    local(at).format("%A %-d %B %Y, %H:%M").to_string()
}

/// Writing into a text cannot fail.
macro_rules! say {
    ($to:expr, $($words:tt)*) => {
        let _ = writeln!($to, $($words)*);
    };
}

/// A message.
pub(super) fn message(told: &OfMessage) -> String {
    let mut text = String::new();
    say!(text, "Message {}: {}, {}.", told.id, told.kind, told.state);
    say!(text, "To person {}.", who(told.person, told.name.as_deref()));
    if let Some(subject) = &told.subject {
        say!(text, "Subject: {subject}");
    }
    if let Some(id) = &told.message_id {
        say!(text, "Message-ID: {id}");
    }
    if let Some(at) = told.waits_until {
        say!(text, "It may go from {} on, and not from {} on.", time(at), time(told.expires_at));
    }
    for one in &told.waits_for {
        say!(text, "{}", one.says);
    }
    if told.state == "held" {
        say!(text, "Nobody knows whether it arrived: `worker settle` or `worker replay` decides.");
    }
    if let Some(means) = &told.suppressed_means {
        say!(text, "{means}");
    }
    say!(text, "\nWhat happened:");
    for step in &told.events {
        say!(text, "  {}  {:<10} {}", time(step.at), step.state, step.detail);
    }
    if !told.reminders.is_empty() {
        say!(text, "\nThe reminders in it:");
    }
    for one in &told.reminders {
        say!(text, "  obligation {}, {}: {}. {}", one.obligation, one.step, one.state, one.reason);
    }
    if !told.feedback.is_empty() {
        say!(text, "\nWhat mail systems reported:");
    }
    for one in &told.feedback {
        let status = if one.status.is_empty() { "no status" } else { &one.status };
        let (happened, received) = (time(one.happened_at), time(one.received_at));
        say!(text, "  {happened}  {} ({status}), by {}, received {received}", one.kind, one.source);
    }
    text.trim_end().to_owned()
}

/// An obligation.
pub(super) fn obligation(told: &OfObligation) -> String {
    let mut text = String::new();
    say!(text, "Obligation {}: {}", told.id, told.title);
    say!(text, "{}, due on {}, {}.", told.setting, in_words(told.due_on), told.state);
    if told.people.is_empty() {
        let nobody = || "Nobody is, was or would be reminded of it.".to_owned();
        let not_them = |id| format!("Person {id} is not, was not and would not be reminded of it.");
        say!(text, "\n{}", told.asked.map_or_else(nobody, not_them));
    }
    for person in &told.people {
        say!(text, "");
        of_person(&mut text, person);
    }
    text.trim_end().to_owned()
}

/// A person by their id, and by their name if it was asked for.
fn who(id: Uuid, name: Option<&str>) -> String {
    name.map_or_else(|| id.to_string(), |name| format!("{id} ({name})"))
}

fn of_person(text: &mut String, person: &OfPerson) {
    let who = who(person.person, person.name.as_deref());
    match person.next {
        Some(at) => {
            say!(text, "Person {who}: the next reminder goes on {}.", time(at));
        }
        None => {
            say!(text, "Person {who}: no reminder goes as things stand.");
        }
    }
    for one in &person.reminders {
        let at = one.at.map(|at| format!(", {}", time(at))).unwrap_or_default();
        let verdict = one.verdict.replace('_', " ");
        say!(text, "  {} (from {}): {verdict}{at}. {}", one.step, in_words(one.day), one.why);
    }
}
