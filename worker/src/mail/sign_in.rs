//! The letter with a link that signs a school user in, once.

use askama::Template;
use chrono::{DateTime, Utc};
use entity::people::person;
use rules::calendar::{local, time_in_words};
use rules::links::sign_in_token;
use uuid::Uuid;

use super::render::{Links, Words, one_line};

/// The letter, ready for its templates.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Subject line.
    subject: &'static str,
    /// What a list of mails shows beside the subject.
    preview: &'static str,
    /// The reader's name.
    name: String,
    /// The link.
    link: String,
    /// Until when it works, in London time, as `2:35pm`.
    until: String,
    /// Who reads what is answered to it, by name; empty when nobody is named.
    answers_to: String,
}

#[derive(Template)]
#[template(path = "sign_in_link/text.txt")]
struct Text<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "sign_in_link/page.html")]
struct Html<'a> {
    letter: &'a Letter,
}

/// Works out what the letter says. `link` is its row, `until` the moment from which it opens
/// nothing.
#[must_use]
pub fn content(
    reader: &person::Model,
    link: Uuid,
    until: DateTime<Utc>,
    links: &Links<'_>,
) -> Letter {
    let token = sign_in_token(links.secret, link);
    Letter {
        subject: "Your link to sign in to Hubs",
        preview: "It works once, and not for long.",
        name: one_line(&reader.name),
        link: format!("{}/sign-in/link/{token}", links.public_url),
        until: time_in_words(local(until).time()),
        answers_to: links.answers_to.to_owned(),
    }
}

impl Letter {
    /// The letter in words.
    ///
    /// # Errors
    /// A template fails.
    pub fn words(&self) -> Result<Words, askama::Error> {
        Words::fill(self.subject, &self.name, &Text { letter: self }, &Html { letter: self })
    }
}
