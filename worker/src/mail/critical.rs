//! The letter that tells at once of an alert.

use askama::Template;
use entity::messages::notices::CriticalAlert;
use entity::people::person;

use super::render::{Links, Words, one_line};

/// Most reasons that are told one by one.
const MOST_REASONS: usize = 10;

/// The letter, ready for its templates.
#[derive(Clone, Debug)]
struct Letter {
    /// Subject line.
    subject: String,
    /// What a list of mails shows beside the subject.
    preview: String,
    /// The reader's name.
    name: String,
    /// Whom it is about, with the hub concerned.
    whom: String,
    /// What is wrong, in a sentence.
    summary: String,
    /// The reasons.
    reasons: Vec<String>,
    /// Where to look closer.
    link: String,
    /// Whether the reader runs the hub; if not, they look after the programme.
    runs_hub: bool,
    /// Who reads what is answered to it, by name; empty when nobody is named.
    answers_to: String,
}

#[derive(Template)]
#[template(path = "critical_alert/text.txt")]
struct Text<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "critical_alert/page.html")]
struct Html<'a> {
    letter: &'a Letter,
}

/// The words of the letter.
///
/// # Errors
/// A template fails.
pub fn words(
    reader: &person::Model,
    alert: &CriticalAlert,
    links: &Links<'_>,
) -> Result<Words, askama::Error> {
    let subject = one_line(&alert.subject);
    let hub = alert.hub.as_deref().map(|hub| format!(" ({})", one_line(hub))).unwrap_or_default();
    let mut reasons: Vec<String> = alert.reasons.iter().map(|reason| one_line(reason)).collect();
    if reasons.len() > MOST_REASONS {
        let more = reasons.len() - MOST_REASONS;
        reasons.truncate(MOST_REASONS);
        reasons.push(format!("And {more} more"));
    }
    let summary = one_line(&alert.summary);
    let letter = Letter {
        subject: format!("Critical alert: {subject}"),
        preview: summary.clone(),
        name: one_line(&reader.name),
        whom: format!("{subject}{hub}"),
        summary,
        reasons,
        link: links.look_closer(),
        runs_hub: alert.runs_hub,
        answers_to: links.answers_to.to_owned(),
    };
    let (text, html) = (Text { letter: &letter }, Html { letter: &letter });
    Words::fill(&letter.subject, &letter.name, &text, &html)
}
