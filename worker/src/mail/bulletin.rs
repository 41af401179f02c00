//! What somebody who runs a hub writes to its partners.

use askama::Template;
use entity::messages::bulletins::BulletinLetter;
use entity::people::person;
use rules::links::Purpose;
use rules::messages::MessageKind;

use super::render::{Links, Words, one_line};

/// The letter, ready for its templates.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Subject line.
    subject: String,
    /// What a list of mails shows beside the subject.
    preview: String,
    /// The reader's name.
    name: String,
    /// What was written, as paragraphs of lines.
    paragraphs: Vec<Vec<String>>,
    /// Who wrote it.
    author: String,
    /// The hub.
    hub: String,
    /// The programme.
    programme: String,
    /// Where the reader says that they want no such mail.
    preferences: String,
    /// Who reads what is answered to it, by name; empty when nobody is named.
    answers_to: String,
}

#[derive(Template)]
#[template(path = "bulletin/text.txt")]
struct Text<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "bulletin/page.html")]
struct Html<'a> {
    letter: &'a Letter,
}

/// Works out what the letter says.
#[must_use]
pub fn content(reader: &person::Model, letter: &BulletinLetter, links: &Links<'_>) -> Letter {
    Letter {
        subject: one_line(&letter.bulletin.subject),
        preview: one_line(&format!("{} writes to all partners of {}.", letter.author, letter.hub)),
        name: one_line(&reader.name),
        paragraphs: paragraphs(&letter.bulletin.text),
        author: one_line(&letter.author),
        hub: one_line(&letter.hub),
        programme: one_line(&letter.programme),
        preferences: links.to(Purpose::Preferences, reader.id),
        answers_to: links.answers_to.to_owned(),
    }
}

/// A text as paragraphs, which empty lines part, each of its lines.
fn paragraphs(text: &str) -> Vec<Vec<String>> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let parts = lines.split(|line| line.is_empty()).filter(|lines| !lines.is_empty());
    parts.map(|lines| lines.iter().map(|line| (*line).to_owned()).collect()).collect()
}

impl Letter {
    /// The letter in words.
    ///
    /// # Errors
    /// A template fails.
    pub fn words(&self) -> Result<Words, askama::Error> {
        let (text, html) = (Text { letter: self }, Html { letter: self });
        let words = Words::fill(&self.subject, &self.name, &text, &html)?;
        let kind: &str = MessageKind::Bulletin.into();
        let unsubscribe = Some(format!("{}/unsubscribe/{kind}", self.preferences));
        Ok(Words { unsubscribe, ..words })
    }
}

#[cfg(test)]
mod tests {
    use super::paragraphs;

    #[test]
    fn empty_lines_part_paragraphs_and_line_breaks_stay() {
        let text = "Dear all,\n\n\nthe hall\nis open.  \n\n";
        assert_eq!(paragraphs(text), [vec!["Dear all,"], vec!["the hall", "is open."]]);
        assert!(paragraphs(" \n\n").is_empty());
    }
}
